"""The stage that translates what was said in another language than the workspace's.

Belongs here: which utterances, and the translated transcript beside the original. Does not: translating
(`calls.speech.translator`).

A call goes on without a translation that a cap is in the way of, that the model declines, or that it gives in another
shape than was asked up to the last try: its original is there.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from pydantic import JsonValue

from nooks_dagster.calls.closing.archive import Archive
from nooks_dagster.calls.language import Languages
from nooks_dagster.calls.model import Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.speech.languages import UNKNOWN
from nooks_dagster.calls.speech.translator import Translated, Translator
from nooks_dagster.calls.stages.transcribe import written
from nooks_dagster.calls.transcript import Transcript
from nooks_dagster.failures import Deferred
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.outcomes import Malformed, Refused


class Translate:
    """Translates transcripts. See `nooks_dagster.calls.model.StageWork`.

    Args:
        translator: Who translates.
        lake: Where translations are written.
        archive: Where the original is, and the translation is at hand for the next stages.
        languages: Of the workspaces.
    """

    stage = Stage.TRANSLATE

    def __init__(self, translator: Translator, lake: Lake, archive: Archive, languages: Languages) -> None:
        self._translator = translator
        self._lake = lake
        self._archive = archive
        self._languages = languages

    @property
    def version(self) -> str:
        """Return what translations depend on beside the transcript."""
        return self._translator.version

    def run(self, task: Task) -> Outcome:
        """Translate what is in another language; a call without any is skipped, its transcript unread.

        Raises:
            Failure: As `Translator.translate` tells, and the lake.
        """
        transcribed = task.made(Stage.TRANSCRIBE)
        if transcribed is None or transcribed.handle is None:
            return Outcome(Made(Status.SKIPPED, reason="The call has no transcript."))
        into = self._languages.of(task.call.workspace)
        if not _others(transcribed.facts, into):
            return Outcome(Made(Status.SKIPPED, reason="All of it is in the workspace's language."))
        original = self._archive.transcript(task.call.id, transcribed.handle)
        foreign = [one for one in original.utterances if one.language not in {into, UNKNOWN}]
        try:
            translated = self._translator.translate(task, foreign, into)
        except Deferred as deferred:
            return Outcome(Made(Status.DEFERRED, reason=str(deferred)))
        except Refused as refused:  # it would be declined again, and the call has its original
            return Outcome(Made(Status.SKIPPED, reason=refused.what))
        except Malformed as malformed:
            if not task.last:
                raise
            return Outcome(Made(Status.SKIPPED, reason=malformed.what))
        translation = _translation(original, translated.texts, into)
        handle = written(self._lake, task.object_name("translations", "json"), translation)
        self._archive.keep(handle, translation)
        facts = _facts(original, translated, into)
        reason = _left(len(foreign) - len(translated.texts))
        return Outcome(Made(Status.DONE, handle, facts, reason), lambda conn: self._translator.settle(conn, translated))


def _others(facts: Mapping[str, JsonValue], into: str) -> bool:
    """Say whether a transcript has anything to translate, by what is known of it."""
    languages = facts.get("languages")
    return not isinstance(languages, Mapping) or bool(set(languages) - {into, UNKNOWN})


def _left(count: int) -> str:
    return f"The model has no text for {count} of the utterances; they stay as they were said." if count else ""


def _translation(original: Transcript, texts: Mapping[int, str], into: str) -> Transcript:
    return original.model_copy(
        update={
            "language": into,
            "translated_from": original.language,
            "utterances": tuple(
                one.model_copy(update={"text": texts[one.seq], "language": into}) if one.seq in texts else one
                for one in original.utterances
            ),
        }
    )


def _facts(original: Transcript, translated: Translated, into: str) -> dict[str, JsonValue]:
    sources = Counter(one.language for one in original.utterances if one.seq in translated.texts)
    return {
        "from": dict(sources.most_common()),
        "to": into,
        "models": [*sorted({one.model for one in translated.bought})],
        "requests": len(translated.bought),
        "cost": f"{sum((one.cost for one in translated.bought), Decimal(0)):f}",
    }
