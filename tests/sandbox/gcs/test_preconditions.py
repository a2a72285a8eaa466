"""Preconditions: what locks, checkpoints and create-only writes rest on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import requests
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage
from google.cloud.storage.exceptions import InvalidResponse


def outcome(action: Callable[[], object]) -> int:
    try:
        action()
    except PreconditionFailed:
        return 412
    except InvalidResponse as refused:  # what a stream raises
        return refused.response.status_code
    return 200


def race(actions: list[Callable[[], object]]) -> list[int]:
    with ThreadPoolExecutor(len(actions)) as pool:
        return sorted(pool.map(outcome, actions))


def test_of_eight_creators_of_one_name_exactly_one_wins(bucket: storage.Bucket) -> None:
    def creator(number: int) -> Callable[[], object]:
        return lambda: bucket.blob("race").upload_from_string(str(number), if_generation_match=0, retry=None)

    for _ in range(5):
        assert race([creator(number) for number in range(8)]) == [200] + [412] * 7
        bucket.blob("race").delete()


def test_of_eight_resumable_creators_exactly_one_wins(bucket: storage.Bucket) -> None:
    def creator(number: int) -> Callable[[], object]:
        blob = bucket.blob("race", chunk_size=1 << 18)

        def create() -> None:
            with blob.open("wb", if_generation_match=0, ignore_flush=True) as stream:
                stream.write(bytes([number]) * 300_000)

        return create

    assert race([creator(number) for number in range(8)]) == [200] + [412] * 7
    assert len(set(bucket.blob("race").download_as_bytes())) == 1


def test_of_eight_writers_that_read_the_same_generation_exactly_one_wins(bucket: storage.Bucket) -> None:
    blob = bucket.blob("cas")
    blob.upload_from_string("0")
    seen = blob.generation
    writers: list[Callable[[], object]] = [
        lambda text=str(number): bucket.blob("cas").upload_from_string(text, if_generation_match=seen)
        for number in range(8)
    ]
    assert race(writers) == [200] + [412] * 7


CONDITIONS: list[tuple[str, int | str, int]] = [
    ("generation_match", "now", 200),
    ("generation_match", 0, 412),
    ("generation_match", 1, 412),
    ("generation_not_match", 0, 200),
    ("generation_not_match", "now", 412),
    ("metageneration_match", 1, 200),
    ("metageneration_match", 2, 412),
    ("metageneration_not_match", 2, 200),
    ("metageneration_not_match", 1, 412),
]
VERBS: dict[str, Callable[[storage.Bucket, storage.Blob, dict[str, int]], object]] = {
    "upload": lambda _, blob, told: blob.upload_from_string("3", **told),
    "stream": lambda _, blob, told: stream(blob, told),
    "patch": lambda _, blob, told: blob.patch(**told),
    "delete": lambda _, blob, told: blob.delete(**told),
    "rewrite": lambda bucket, blob, told: blob.rewrite(bucket.blob("other"), **told),
    "rewrite from": lambda bucket, blob, told: bucket.blob("y").rewrite(
        blob, **{name.replace("if_", "if_source_"): value for name, value in told.items()}
    ),
    "compose": lambda bucket, blob, told: blob.compose([bucket.blob("other")], **told),
}
UNKNOWN_TO_THE_CLIENT = {"compose": {"generation_not_match", "metageneration_not_match"}}


def stream(blob: storage.Blob, told: dict[str, int]) -> None:
    with blob.open("wb", ignore_flush=True, **told) as sink:
        sink.write(b"3")


@pytest.mark.parametrize("verb", VERBS)
def test_every_changing_verb_honours_every_condition(bucket: storage.Bucket, verb: str) -> None:
    bucket.blob("other").upload_from_string("2")
    conditions = [one for one in CONDITIONS if one[0] not in UNKNOWN_TO_THE_CLIENT.get(verb, ())]
    for number, (condition, value, expected) in enumerate(conditions):
        before = bucket.blob(f"x{number}")
        before.upload_from_string("1")
        told = {f"if_{condition}": before.generation if value == "now" else int(value)}
        done = outcome(partial(VERBS[verb], bucket, bucket.blob(before.name), told))
        assert done == expected, (condition, value)
        if expected == 412:
            after = bucket.get_blob(before.name)
            assert (after.generation, after.metageneration) == (before.generation, before.metageneration)


def test_reading_with_a_condition_answers_304_and_412(bucket: storage.Bucket, web: requests.Session, gcs: Any) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string("1")
    address = f"{gcs.url}/storage/v1/b/{bucket.name}/o/x"
    for media in ({}, {"alt": "media"}):
        for told, expected in [
            ({"ifGenerationMatch": blob.generation}, 200),
            ({"ifGenerationMatch": 5}, 412),
            ({"ifGenerationNotMatch": blob.generation}, 304),
            ({"ifGenerationNotMatch": 5}, 200),
            ({"ifMetagenerationMatch": 2}, 412),
            ({"ifMetagenerationNotMatch": 1}, 304),
        ]:
            assert web.get(address, params={**media, **told}).status_code == expected, (media, told)


def test_a_condition_on_what_does_not_exist_is_a_412_to_write_and_a_404_to_delete(
    bucket: storage.Bucket,
) -> None:
    with pytest.raises(PreconditionFailed):
        bucket.blob("x").upload_from_string("1", if_generation_match=5)
    with pytest.raises(PreconditionFailed):
        bucket.blob("x").upload_from_string("1", if_metageneration_match=1)
    with pytest.raises(NotFound):
        bucket.blob("x").delete(if_generation_match=5)


def test_a_refused_write_leaves_no_file_behind(bucket: storage.Bucket, gcs: Any) -> None:
    bucket.blob("x").upload_from_string("1")
    files = gcs.data_files()
    with pytest.raises(PreconditionFailed):
        bucket.blob("x").upload_from_string("2", if_generation_match=0)
    assert gcs.data_files() == files
