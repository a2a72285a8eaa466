"""The stage that has a call's recording transcribed, and puts what was said into the lake.

Belongs here: one call's recording in, one transcript out. Does not: hearing (`calls.speech`), paying (`llm.door`).

Over a spend cap the call goes on without a transcript, and is transcribed later: a rep wants to see the call at once.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import JsonValue

from nooks_dagster.calls.audio.reading import Audio
from nooks_dagster.calls.closing.archive import Archive
from nooks_dagster.calls.language import Languages
from nooks_dagster.calls.model import Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.recordings import SMALL, Recordings
from nooks_dagster.calls.speech.languages import UNKNOWN
from nooks_dagster.calls.speech.transcriber import Transcriber, Transcription
from nooks_dagster.calls.transcript import Transcript
from nooks_dagster.failures import Deferred
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake

UNREAD_MS = 1_000
"""Where a file was cut off, or is broken, as much may be missing of it without a word."""


class Transcribe:
    """Transcribes recordings. See `nooks_dagster.calls.model.StageWork`.

    Args:
        transcriber: Who hears.
        lake: Where transcripts are written, and large recordings are fetched from, to be read block by block.
        recordings: The bytes of small ones.
        archive: Where what was said is at hand for the next stages.
        languages: Of the workspaces.
    """

    stage = Stage.TRANSCRIBE

    def __init__(
        self,
        transcriber: Transcriber,
        lake: Lake,
        recordings: Recordings,
        archive: Archive,
        languages: Languages,
    ) -> None:
        self._transcriber = transcriber
        self._recordings = recordings
        self._archive = archive
        self._lake = lake
        self._languages = languages

    @property
    def version(self) -> str:
        """Return what transcripts depend on beside the recording."""
        return self._transcriber.version

    def run(self, task: Task) -> Outcome:
        """Transcribe the recording that was validated; a call without one is skipped.

        Raises:
            Unreadable: Nobody can read the recording.
            Failure: As the transcriber tells.
        """
        validated = task.made(Stage.VALIDATE)
        if validated is None or validated.handle is None:
            return Outcome(Made(Status.SKIPPED, reason="The call has no recording."))
        self._transcriber.peek()  # in an outage every waiting call comes once a minute, to be decoded in vain
        try:
            with self._opened(validated.handle) as audio:
                heard = self._transcriber.transcribe(task, audio, self._languages.of(task.call.workspace))
                transcript = _transcript(task.call.id, audio.channels, heard)
        except Deferred as deferred:
            return Outcome(Made(Status.DEFERRED, reason=str(deferred)))
        handle = written(self._lake, task.object_name("transcripts", "json"), transcript)
        self._archive.keep(handle, transcript)
        return Outcome(Made(Status.DONE, handle, _facts(heard), _unread(validated, heard)), heard.settle)

    @contextmanager
    def _opened(self, handle: Handle) -> Iterator[Audio]:
        if handle.bytes <= SMALL:
            with Audio(self._recordings.read(handle)) as audio:
                yield audio
        else:
            with self._lake.fetched(handle) as path, Audio(path) as audio:
                yield audio


def written(lake: Lake, name: str, transcript: Transcript) -> Handle:
    """Write a transcript under a name that nobody else uses."""
    return lake.put(name, transcript.model_dump_json().encode(), "application/json", len(transcript.utterances))


def _transcript(call: int, channels: int, heard: Transcription) -> Transcript:
    shares = _shares(heard)
    return Transcript(
        call=call,
        model=", ".join(heard.models),
        language=next(iter(shares), UNKNOWN),
        duration_ms=heard.ms,
        channels=channels,
        utterances=tuple(heard.utterances),
    )


def _shares(heard: Transcription) -> dict[str, float]:
    """Return the languages by their share of the letters, the largest first."""
    letters: Counter[str] = Counter()
    for utterance in heard.utterances:
        letters[utterance.language] += len(utterance.text)
    total = max(1, letters.total())
    return {language: round(count / total, 3) for language, count in letters.most_common()}


def _unread(validated: Made, heard: Transcription) -> str:
    """Return how much of the recording nobody could read, "" where that is no more than a word."""
    told = validated.facts.get("ms")
    if not isinstance(told, int) or told - heard.ms <= UNREAD_MS:
        return ""
    return f"Of the {told / 1000:.0f} s that the recording tells {heard.ms / 1000:.0f} s could be read."


def _facts(heard: Transcription) -> dict[str, JsonValue]:
    return {
        "ms": heard.ms,
        "languages": dict(_shares(heard)),
        "models": list(heard.models),
        "pieces": heard.pieces,
        "reused": heard.reused,
        "seconds": round(heard.seconds, 3),
        "cost": f"{heard.cost:f}",
    }
