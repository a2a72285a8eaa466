"""What a worker is made of: the stages that this release knows, and what runs beside its calls.

Belongs here: putting them together. Does not: any of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from nooks_dagster.calls.closing.archive import Archive
from nooks_dagster.calls.delivery.loop import DeliveryLoop
from nooks_dagster.calls.delivery.outbox import post
from nooks_dagster.calls.language import Languages
from nooks_dagster.calls.live.loops import Loop
from nooks_dagster.calls.live.upkeep import Upkeep
from nooks_dagster.calls.model import Call, Stage, StageWork
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.recordings import Recordings
from nooks_dagster.calls.speech.openai_transcriber import OpenAI
from nooks_dagster.calls.speech.translator import Translator
from nooks_dagster.calls.stages.contact import Contact
from nooks_dagster.calls.stages.record import Record
from nooks_dagster.calls.stages.transcribe import Transcribe
from nooks_dagster.calls.stages.translate import Translate
from nooks_dagster.calls.stages.validate import Validate
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.door import Door
from nooks_dagster.settings import Settings


def platform_of(db: Database, lake: Lake, settings: Settings, door: Door) -> Platform:
    """Return what calls stand on, with all stages; one of a process."""
    return Platform(db, lake, settings, door, _works(db, lake, settings, door))


def loops_of(platform: Platform, worker: str) -> Sequence[Loop]:
    """Return what a live worker runs beside its calls."""
    return DeliveryLoop(platform.db, platform.settings, worker).run, Upkeep(platform).run


def _works(db: Database, lake: Lake, settings: Settings, door: Door) -> Mapping[Stage, StageWork]:
    recordings, archive, languages = Recordings(lake), Archive(lake), Languages(db, settings.calls_language)
    hearing = OpenAI(db, door, settings.calls_transcription_model, settings.calls_in_hand)
    translating = Translator(db, door, settings.calls_translation_model)
    ledger = Ledger.of(db, settings, "outbox")

    def owe(conn: psycopg.Connection[Any], call: Call, live: bool) -> None:
        post(conn, ledger, call, work_class=WorkClass.LIVE if live else WorkClass.ASKED)

    works: tuple[StageWork, ...] = (
        Validate(db, recordings, settings.calls_recording_megabytes << 20),
        Transcribe(hearing, lake, recordings, archive, languages),
        Translate(translating, lake, archive, languages),
        Contact(db, settings.calls_region),
        Record(archive, owe, settings.calls_region),
    )
    return {work.stage: work for work in works}
