"""Preconditions: what locks, checkpoints and create-only writes rest on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"if_generation_match": "now"}, 200),
        ({"if_generation_match": 0}, 412),
        ({"if_generation_match": 1}, 412),
        ({"if_generation_not_match": 0}, 200),
        ({"if_generation_not_match": "now"}, 412),
        ({"if_metageneration_match": 1}, 200),
        ({"if_metageneration_match": 2}, 412),
        ({"if_metageneration_not_match": 2}, 200),
        ({"if_metageneration_not_match": 1}, 412),
    ],
)
@pytest.mark.parametrize("verb", ["upload", "patch", "delete", "rewrite", "rewrite from", "compose", "stream"])
def test_every_changing_verb_honours_every_condition(
    bucket: storage.Bucket, verb: str, condition: dict[str, Any], expected: int
) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string("1")
    other = bucket.blob("other")
    other.upload_from_string("2")
    told = {key: blob.generation if value == "now" else value for key, value in condition.items()}
    of_source = {key.replace("if_", "if_source_"): value for key, value in told.items()}
    supported_by_client = {key: value for key, value in told.items() if "not" not in key}
    verbs: dict[str, Callable[[], object]] = {
        "upload": lambda: bucket.blob("x").upload_from_string("3", **told),
        "stream": lambda: _stream(bucket, told),
        "patch": lambda: bucket.blob("x").patch(**told),
        "delete": lambda: bucket.blob("x").delete(**told),
        "rewrite": lambda: bucket.blob("x").rewrite(other, **told),
        "rewrite from": lambda: bucket.blob("y").rewrite(bucket.blob("x"), **of_source),
        "compose": lambda: bucket.blob("x").compose([other], **supported_by_client),
    }
    if verb == "compose" and supported_by_client != told:
        expected = 200
    before = bucket.get_blob("x")
    assert outcome(verbs[verb]) == expected
    if expected == 412:
        after = bucket.get_blob("x")
        assert (after.generation, after.metageneration) == (before.generation, before.metageneration)


def _stream(bucket: storage.Bucket, told: dict[str, int]) -> None:
    with bucket.blob("x").open("wb", ignore_flush=True, **told) as stream:
        stream.write(b"3")


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
