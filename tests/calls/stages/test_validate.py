"""A call that is not good enough is kept with the reason; what is good enough is read once, and known again."""

import hashlib
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.cloud import storage

from nooks_dagster.calls import consent
from nooks_dagster.calls import recordings as recordings_module
from nooks_dagster.calls.model import Made, Status
from nooks_dagster.calls.recordings import Recordings
from nooks_dagster.calls.retention import forget
from nooks_dagster.calls.stages.validate import Validate
from nooks_dagster.calls.submission import Disposition, Party, Recording, Role
from nooks_dagster.calls.uploading import Uploading
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
from tests.calls.stages.things import BEGAN, accepted, audio, run, submission

FOLDER = "recordings/workspace=acme/day=2026-11-29"
LARGEST = 500_000
Upload = Callable[..., str]


@pytest.fixture
def upload(lake: Lake) -> Upload:
    """Put a recording where an upload would; return its address."""

    def put(name: str, data: bytes, folder: str = FOLDER) -> str:
        bucket = lake.uri("").split("/")[2]
        storage.Client(project="nooks").bucket(bucket).blob(f"{folder}/{name}").upload_from_string(data)
        return lake.uri(f"{folder}/{name}")

    return put


@pytest.fixture
def stage(db: Database, lake: Lake) -> Validate:
    return Validate(db, Recordings(lake), LARGEST)


Look = Callable[..., Made]


@pytest.fixture
def look(db: Database, stage: Validate) -> Look:
    def at(call_id: str = "dial-1", *, age: timedelta = timedelta(), **given: Any) -> Made:
        return run(db, stage, accepted(db, submission(call_id, **given), age=age))

    return at


def refusal(made: Made) -> str:
    assert made.status is Status.REFUSED
    assert made.reason.startswith(f"{made.facts['refused']}: ")
    return str(made.facts["refused"])


def test_a_recording_is_read_once_and_its_handle_verifies_it(look: Look, lake: Lake, upload: Upload) -> None:
    data = audio(8)
    made = look(uri=upload("a.wav", data))
    assert made.facts == {"audio": "read", "ms": 8000, "channels": 2, "rate": 8000}
    assert made.handle is not None
    assert Recordings(lake).read(made.handle) == data


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "MP3"])
def test_other_formats_are_read_too(look: Look, upload: Upload, kind: str) -> None:
    assert look(uri=upload("a", audio(3, 1, kind))).facts["channels"] == 1


def test_a_flac_that_does_not_tell_its_length_is_as_long_as_it_is(look: Look, upload: Upload) -> None:
    data = bytearray(audio(3, 1, "FLAC"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    ms = look(uri=upload("a", bytes(data))).facts["ms"]
    assert isinstance(ms, int)
    assert 2_980 <= ms <= 3_000


def test_an_address_with_a_space_around_it_is_an_address(look: Look) -> None:
    assert look(prospect=Party(email=" jane@example.com ")).status is Status.DONE


def test_a_call_without_a_recording_goes_on_without(look: Look) -> None:
    made = look()
    assert (made.status, made.handle, made.facts) == (Status.DONE, None, {"audio": "none"})


def test_without_consent_the_recording_is_removed_unread_and_the_call_goes_on(
    look: Look, lake: Lake, upload: Upload
) -> None:
    made = look(uri=upload("a.wav", b"never read"), recording_consent=False)
    assert (made.status, made.handle, made.facts) == (Status.DONE, None, {"audio": "no_consent"})
    assert not lake.exists(f"{FOLDER}/a.wav")


@pytest.mark.parametrize(("days", "word"), [(2, "wrong_time"), (0.9, ""), (-3650, ""), (-3660, "wrong_time")])
def test_a_call_that_began_far_from_now_is_refused(look: Look, days: float, word: str) -> None:
    began = datetime.now(UTC) + timedelta(days=days)
    made = look(started_at=began, ended_at=began + timedelta(minutes=1))
    assert (refusal(made) if word else made.status) == (word or Status.DONE)


def test_a_call_of_a_backfill_is_as_far_from_now_as_when_it_was_accepted(look: Look) -> None:
    began = datetime.now(UTC) - timedelta(days=3700)
    assert look(age=timedelta(days=100), started_at=began, ended_at=began).facts.get("refused") != "wrong_time"


def test_without_consent_a_recording_goes_even_if_the_call_is_refused(look: Look, lake: Lake, upload: Upload) -> None:
    made = look(uri=upload("a.wav", audio()), recording_consent=False, prospect=Party(name="Somebody"))
    assert refusal(made) == "no_prospect"
    assert not lake.exists(f"{FOLDER}/a.wav")


def test_without_consent_a_recording_that_comes_late_is_removed_in_the_night(
    look: Look, db: Database, lake: Lake, upload: Upload
) -> None:
    late = [lake.uri(f"{FOLDER}/{n}.wav") for n in range(3)]
    ago = timedelta(minutes=6)
    assert look("dial-0", uri=late[0], age=ago, recording_consent=False).facts == {"audio": "no_consent"}
    look("dial-1", uri=late[1], age=timedelta(days=7, hours=20), recording_consent=False, prospect=Party(name="Some"))
    look("dial-2", uri=late[2], age=ago)
    look("dial-3", uri=lake.uri(f"{FOLDER}/never.wav"), age=timedelta(days=1), recording_consent=False)
    for n in range(3):
        upload(f"{n}.wav", audio(seed=n))
    forget(db, lake, timedelta(days=400))
    assert [one.name for one in lake.objects(FOLDER)] == [f"{FOLDER}/2.wav"]


def test_what_a_call_without_consent_names_of_others_is_not_removed_in_the_night(
    look: Look, db: Database, lake: Lake, upload: Upload
) -> None:
    theirs = upload("a.wav", audio(), FOLDER.replace("acme", "globex"))
    look(uri=theirs, recording_consent=False)
    forget(db, lake, timedelta(days=400))
    assert lake.exists(f"{FOLDER.replace('acme', 'globex')}/a.wav")


def test_the_nightly_look_for_what_comes_late_reads_no_call_with_consent(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("set local enable_seqscan = off")
        plan = conn.execute(f"explain {consent.LATE}".encode(), (BEGAN, 0)).fetchall()
    assert "calls_unagreed" in str(plan)


def test_a_recording_may_still_be_on_its_way_for_five_minutes(look: Look, lake: Lake) -> None:
    uri = lake.uri(f"{FOLDER}/late.wav")
    with pytest.raises(Uploading) as waits:
        look("dial-1", uri=uri)
    assert not waits.value.counts_as_attempt
    with pytest.raises(Uploading):
        look("dial-2", uri=uri, recording_consent=False)
    assert refusal(look("dial-3", uri=uri, age=timedelta(minutes=6))) == "recording_missing"


def test_a_recording_elsewhere_is_neither_read_nor_removed(look: Look, lake: Lake, upload: Upload) -> None:
    theirs = upload("a.wav", audio(), FOLDER.replace("acme", "acme2"))
    for n, uri in enumerate([theirs, "gs://another/recordings/workspace=acme/a.wav"]):
        assert refusal(look(f"dial-{n}", uri=uri, recording_consent=False)) == "recording_elsewhere"
    assert lake.exists(f"{FOLDER.replace('acme', 'acme2')}/a.wav")


def test_nobody_to_reach_is_refused_and_an_address_is_enough(look: Look) -> None:
    assert refusal(look("dial-1", prospect=Party(phone="anonymous"))) == "no_prospect"
    assert look("dial-2", prospect=Party(email="jane@example.com")).status is Status.DONE


def test_an_answered_call_of_no_length_is_refused_and_one_that_nobody_answered_is_not(look: Look) -> None:
    assert refusal(look("dial-1", seconds=0.5)) == "too_short"
    assert look("dial-2", seconds=0, disposition=Disposition.NO_ANSWER).status is Status.DONE


@pytest.mark.parametrize(
    ("word", "data", "given"),
    [
        ("unreadable", b"RIFF\x00\x00\x00\x00WAVEjunk", {}),
        ("unreadable", b"", {}),
        ("unreadable", b"\xff\xfb" + bytes(range(256)) * 40, {}),
        ("recording_too_large", bytes(LARGEST + 1), {}),
        ("length_mismatch", audio(14), {}),
        ("channels", audio(8, 1), {"channels": {Role.REP: 0, Role.PROSPECT: 1}}),
        ("channels", audio(8, 2), {"channels": {Role.REP: 1, Role.PROSPECT: 1}}),
    ],
)
def test_a_recording_that_is_no_good_refuses_its_call(
    look: Look, upload: Upload, word: str, data: bytes, given: dict[str, Any]
) -> None:
    assert refusal(look(recording=Recording(uri=upload("a.wav", data), **given))) == word


def test_of_two_calls_with_one_recording_the_first_wins_however_often_it_is_tried_again(
    db: Database, stage: Validate, upload: Upload
) -> None:
    one, copy = upload("one.wav", audio(seed=1)), upload("copy.wav", audio(seed=1))
    first, second = (accepted(db, submission(f"dial-{n}", uri=uri)) for n, uri in enumerate([one, copy]))
    assert run(db, stage, first).status is Status.DONE
    assert refusal(run(db, stage, second)) == "duplicate_recording"
    assert run(db, stage, first).status is Status.DONE


def test_other_workspaces_may_have_the_same_recording(db: Database, stage: Validate, upload: Upload) -> None:
    for workspace in ("acme", "globex"):
        uri = upload("a.wav", audio(), FOLDER.replace("acme", workspace))
        assert run(db, stage, accepted(db, submission(uri=uri), workspace=workspace)).status is Status.DONE


SILENCE = [("<u1", 7, 0xFF), ("<u1", 6, 0xD5), ("<i2", 1, 0), ("<i2", 1, 700)]


@pytest.mark.parametrize(("sample", "coded", "value"), SILENCE, ids=["mu-law", "A-law", "zeros", "an offset"])
def test_two_recordings_of_silence_are_no_duplicates(
    look: Look, upload: Upload, sample: str, coded: int, value: int
) -> None:
    width = int(sample[-1])
    form = struct.pack("<IHHIIHH", 16, coded, 1, 8000, 8000 * width, width, 8 * width)
    data = np.full(48_000, value, sample).tobytes()
    silence = b"RIFF\xff\xff\xff\xffWAVEfmt " + form + b"data" + struct.pack("<I", len(data)) + data
    for n in range(2):
        assert look(f"dial-{n}", uri=upload(f"{n}.wav", silence)).status is Status.DONE


def test_of_calls_that_nobody_answered_the_tones_of_a_gateway_may_be_alike(look: Look, upload: Upload) -> None:
    for n, end in enumerate([Disposition.NO_ANSWER, Disposition.BUSY]):
        assert look(f"dial-{n}", uri=upload(f"{n}.wav", audio()), disposition=end).status is Status.DONE


def first(recordings: Recordings, uri: str) -> Handle:
    with recordings.first(uri, 1000) as read:
        assert read is not None
        assert len(read.source.read_bytes() if isinstance(read.source, Path) else read.source) == 400
        return read.handle


def test_the_last_recordings_are_kept_and_no_more_than_fit(lake: Lake, upload: Upload) -> None:
    recordings = Recordings(lake, kept=1000)
    handles = [first(recordings, upload(f"{n}", bytes([n]) * 400)) for n in range(3)]
    for n in range(3):
        lake.remove([f"{FOLDER}/{n}"])
    assert [len(recordings.read(handle)) for handle in handles[1:]] == [400, 400]
    with pytest.raises(Missing):
        recordings.read(handles[0])


def test_a_large_recording_is_looked_at_in_a_file_that_goes_and_is_not_kept(
    stage: Validate, look: Look, lake: Lake, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings_module, "SMALL", 300)
    recordings = Recordings(lake)
    handle = first(recordings, upload("large", bytes(400)))
    assert handle.sha256 == hashlib.sha256(bytes(400)).hexdigest()
    lake.remove([f"{FOLDER}/large"])
    with pytest.raises(Missing):
        recordings.read(handle)
    assert look("dial-1", uri=upload("a.wav", audio())).facts["ms"] == 8_000
    assert refusal(look("dial-2", uri=upload("b.wav", audio()))) == "duplicate_recording"
    assert refusal(look("dial-3", uri=upload("c.wav", bytes(LARGEST + 1)))) == "recording_too_large"
    assert not list(lake.scratch.iterdir())
