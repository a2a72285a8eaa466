"""A call in a test's hands, and a provider that hears what the recording says indeed.

Belongs here: what the tests of transcribing and translating share. Does not: what they expect.
"""

import io
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import soundfile

from nooks_dagster.calls.closing.archive import Archive
from nooks_dagster.calls.language import Languages
from nooks_dagster.calls.model import Call, Made, Outcome, Stage, StageWork, Status
from nooks_dagster.calls.recordings import Recordings
from nooks_dagster.calls.speech.openai_transcriber import OpenAI
from nooks_dagster.calls.speech.translator import Translator
from nooks_dagster.calls.stages.transcribe import Transcribe
from nooks_dagster.calls.stages.translate import Translate
from nooks_dagster.calls.submission import Submission
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.door import Door
from nooks_dagster.settings import Settings
from sandbox.calls.codec import listen
from sandbox.calls.phrases.translating import PHRASES, Sentence, translated
from sandbox.calls.speaking import ROLES, Spoken, Turn, speak
from tests.calls.ingest.things import told
from tests.llm.conftest import chosen
from tests.llm.odd_provider import Json, Reply, answered, heard
from tests.sandbox.process import Sandbox

VALUES = {"rep": "Ana", "company": "Globex", "phone": "+1 415 555 0132", "email": "a@b.com", "card": "4111 1111"}


def conversation(turns: int, languages: Sequence[str] = ("en", "en"), seed: int = 1, rate: int = 8000) -> Spoken:
    """A conversation of whole sentences; `languages` are those of the rep and the prospect."""
    chance = random.Random(seed)
    said = [Turn(ROLES[n % 2], languages[n % 2], (Sentence(chance.choice(PHRASES), VALUES),)) for n in range(turns)]
    return speak(said, rate, chance)


@dataclass
class Held:
    """A call that this test holds until it says otherwise. See `nooks_dagster.calls.model.Task`."""

    call: Call
    live: bool = True
    again: bool = False
    last: bool = False
    results: dict[Stage, Made] = field(default_factory=dict)
    lost: bool = False
    ticks: int = 0
    fence: str = field(default_factory=lambda: uuid4().hex[:6])

    def made(self, stage: Stage) -> Made | None:
        return self.results.get(stage)

    def check(self, conn: psycopg.Connection[Any]) -> None:
        if self.lost:
            raise LostLease

    def stopped(self) -> bool:
        return self.lost

    def tick(self) -> None:
        self.ticks += 1

    def object_name(self, folder: str, suffix: str) -> str:
        return f"calls/{folder}/hour=2026-11-29T14/workspace=acme/call={self.call.id}-{self.fence}.{suffix}"


@dataclass
class Bench:
    """Both stages over real services, and one provider."""

    db: Database
    lake: Lake
    url: str | None
    settings: Settings = field(default_factory=chosen)
    sandbox: Sandbox | None = None

    def __post_init__(self) -> None:
        door = Door(self.db, self.settings, base_url=self.url)
        self.archive = Archive(self.lake)
        languages = Languages(self.db, "en")
        hearing = OpenAI(self.db, door, self.settings.calls_transcription_model, calls=4)
        self.transcribe = Transcribe(hearing, self.lake, Recordings(self.lake), self.archive, languages)
        translator = Translator(self.db, door, self.settings.calls_translation_model)
        self.translate = Translate(translator, self.lake, self.archive, languages)

    def call(self, recording: bytes | None, channels: Mapping[str, int] | None = None) -> Held:
        """A call that was accepted and validated."""
        handle = (
            self.lake.put(f"recordings/workspace=acme/{uuid4().hex}.wav", recording, "audio/wav") if recording else None
        )
        named = {"recording": {"uri": handle.uri, "channels": channels}} if handle else {}
        submission = Submission.model_validate_json(json.dumps(told(uuid4().hex, **named)))
        with self.db.transaction() as conn:
            ((number,),) = conn.execute(INSERT, (submission.call_id, submission.model_dump_json())).fetchall()
        now = datetime(2026, 11, 29, 14, tzinfo=UTC)
        held = Held(Call(number, "acme", submission.call_id, now, now, submission))
        held.results[Stage.VALIDATE] = Made(Status.DONE, handle)
        return held

    def run(self, work: StageWork, held: Held) -> Outcome:
        """Run a stage and commit what it made, as the pipeline does."""
        held.again = held.again or bool(held.ticks)
        outcome = work.run(held)
        with self.db.transaction() as conn:
            outcome.write(conn)
        held.results[work.stage] = outcome.made
        return outcome


INSERT = """
    insert into calls.calls (workspace, call_id, body_sha256, submission) values ('acme', %s, '', %s) returning id
"""


def ears(body: Json) -> Reply:
    """Hear the words of a channel, as the sandbox's codec has them; answer a translation by the same book."""
    if "file" not in body:
        return tongue(body)
    samples, rate = soundfile.read(io.BytesIO(body["file"]), dtype="int16", always_2d=True)
    words = listen(samples[:, 0], rate)
    languages = dict.fromkeys(word.word.language for word in words)
    usage = {"type": "duration", "seconds": round(len(samples) / rate)}
    return heard(" ".join(word.word.text for word in words), *languages, usage=usage)


def tongue(body: Json, change: Callable[[list[Json]], list[Json]] = list) -> Reply:
    """Translate each line of a prompt into English."""
    lines = [json.loads(line) for line in body["input"].split("\n")]
    texts = [{"id": line["id"], "text": translated(line["text"], "en", line["language"])} for line in lines]
    return answered(json.dumps({"translations": change(texts)}))
