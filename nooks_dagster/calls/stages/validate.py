"""The stage that looks whether a call is good enough to be worked on, and reads its recording for the first time.

Belongs here: what is asked of a call. Does not: the words of a refusal (`calls.stages.refusals`), what a recording
says.

A call without consent is recorded without its audio: most laws forbid to make, keep or process a recording to which a
party did not agree (California's Penal Code 632, Germany's Strafgesetzbuch 201, the GDPR), and none forbids to note
that the call took place, which its rep expects to find in the CRM. So the recording goes, unread, before anything else.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from nooks_dagster.calls.audio.reading import Audio, Unreadable
from nooks_dagster.calls.audio.voice import loudness, spans
from nooks_dagster.calls.model import Call, Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.recordings import Read, Recordings
from nooks_dagster.calls.stages.refusals import Refusal
from nooks_dagster.calls.submission import Disposition, Recording
from nooks_dagster.calls.uploading import UPLOADED_WITHIN, Uploading
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.handle import Handle

SHORTEST = timedelta(seconds=1)
AHEAD, BEHIND = timedelta(days=1), timedelta(days=3653)
"""A call may begin so long after it was accepted, for clocks are wrong by a time zone, and so long before, for a
customer brings the calls of years along. What lies further off would stand first, or last, in a CRM for ever."""
DRIFT = timedelta(seconds=5)
"""By so much, or a twentieth if that is more, a recording may be longer than its call: clocks drift, and it rings."""
_NOBODY = frozenset({Disposition.NO_ANSWER, Disposition.BUSY})
"""Nobody picked up: what was recorded are the tones of a gateway, bit by bit those of the call before."""
_AGE = "select clock_timestamp() - %s"
# In a transaction of its own, so that of two calls in hand at once one is first.
_FIRST = """
    with claimed as (
        insert into calls.recordings (workspace, sha256, call) values (%(workspace)s, %(sha256)s, %(call)s)
        on conflict do nothing returning call
    )
    select call from claimed
    union all
    select call from calls.recordings where workspace = %(workspace)s and sha256 = %(sha256)s
"""


class Validate:
    """Looks at calls.

    Args:
        db: The platform's database.
        recordings: Those of its lake.
        most: Bytes of the largest recording that is taken.
    """

    stage = Stage.VALIDATE
    version = "1"

    def __init__(self, db: Database, recordings: Recordings, most: int) -> None:
        self._db = db
        self._recordings = recordings
        self._most = most

    def run(self, task: Task) -> Outcome:
        """Return the handle of the recording, none if there is nothing to transcribe, or why the call is refused.

        Raises:
            Uploading: The recording is not there yet.
            Unavailable: Postgres or the lake does not answer.
        """
        submission = task.call.submission
        recording = submission.recording
        if recording and not self._recordings.owns(task.call.workspace, recording.uri):
            return Outcome(Refusal.RECORDING_ELSEWHERE.made())
        if recording and not submission.recording_consent:
            self._remove(task.call, recording)
            recording, audio = None, "no_consent"
        else:
            audio = "none"
        if refusal := _refused(task.call):
            return Outcome(refusal.made())
        return Outcome(self._heard(task.call, recording) if recording else Made(Status.DONE, facts={"audio": audio}))

    def _heard(self, call: Call, recording: Recording) -> Made:
        try:
            with self._recordings.first(recording.uri, self._most) as read:
                if read is None:
                    return Refusal.RECORDING_TOO_LARGE.made()
                with Audio(read.source) as audio:
                    refusal = _unfit(audio, recording, call.submission.duration) or self._known(call, read, audio)
                    return refusal.made() if refusal else _made(read.handle, audio)
        except Missing:
            self._wait(call)
            return Refusal.RECORDING_MISSING.made()
        except Unreadable as error:
            return Refusal.UNREADABLE.made(error.what)

    def _remove(self, call: Call, recording: Recording) -> None:
        # After a death nobody knows whether it went or is still to come: waiting costs minutes, and not waiting leaves
        # it there until the night (`calls.consent`).
        if not self._recordings.remove(recording.uri):
            self._wait(call)

    def _wait(self, call: Call) -> None:
        """Return if a recording has had time enough to be uploaded.

        Raises:
            Uploading: It has not.
        """
        with self._db.transaction() as conn:
            age: timedelta = conn.execute(_AGE, (call.accepted_at,)).fetchall()[0][0]
        if age < UPLOADED_WITHIN:
            raise Uploading(call.id)

    def _known(self, call: Call, read: Read, audio: Audio) -> Refusal | None:
        """Say if the bytes are an earlier call's; two in which nobody speaks may be alike by chance."""
        values = {"workspace": call.workspace, "sha256": read.handle.sha256, "call": call.id}
        first: Sequence[tuple[int]] = ()
        while not first:  # who claimed it after this statement began is not seen by it
            with self._db.transaction() as conn:
                first = conn.execute(_FIRST, values).fetchall()
        doubled = first[0][0] != call.id and call.submission.disposition not in _NOBODY and _has_voice(audio)
        return Refusal.DUPLICATE_RECORDING if doubled else None


def _refused(call: Call) -> Refusal | None:
    """Return what is wrong with a call before its recording is looked at."""
    submission, prospect = call.submission, call.submission.prospect
    if not -BEHIND <= submission.started_at - call.accepted_at <= AHEAD:
        return Refusal.WRONG_TIME
    digits = len(re.findall(r"\d", prospect.phone or ""))
    if digits < 5 and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", (prospect.email or "").strip()):
        return Refusal.NO_PROSPECT
    if submission.disposition is Disposition.CONNECTED and submission.duration < SHORTEST:
        return Refusal.TOO_SHORT
    return None


def _unfit(audio: Audio, recording: Recording, lasted: timedelta) -> Refusal | None:
    places = list((recording.channels or {}).values())
    if any(place >= audio.channels for place in places) or len(set(places)) < len(places):
        return Refusal.CHANNELS
    if audio.seconds > (lasted + max(DRIFT, lasted / 20)).total_seconds():
        return Refusal.LENGTH_MISMATCH
    return None


def _has_voice(audio: Audio) -> bool:
    heard = loudness(audio.blocks(), audio.rate)
    return any(spans(levels, heard.ms) for levels in heard.levels)


def _made(handle: Handle, audio: Audio) -> Made:
    ms = round(audio.seconds * 1000)
    return Made(Status.DONE, handle, {"audio": "read", "ms": ms, "channels": audio.channels, "rate": audio.rate})
