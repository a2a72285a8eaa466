"""Calls in a worker's hands, and people in a CRM, for tests of single stages."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import soundfile

from nooks_dagster.calls.ingest.accepting import accept
from nooks_dagster.calls.model import Call, Made, Outcome, Stage, StageWork
from nooks_dagster.calls.submission import Direction, Disposition, Party, Recording, Submission
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.registry import Registry

REGION = "US"
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
CONNECTION = "acme-salesforce"


def submission(call_id: str = "dial-1", *, seconds: float = 8, uri: str | None = None, **more: Any) -> Submission:
    given = {
        "started_at": BEGAN,
        "ended_at": BEGAN + timedelta(seconds=seconds),
        "direction": Direction.OUTBOUND,
        "disposition": Disposition.CONNECTED,
        "recording_consent": True,
        "rep": Party(email="rep@acme.test"),
        "prospect": Party(phone="+1 415 555 2671"),
        "recording": Recording(uri=uri) if uri else None,
        **more,
    }
    return Submission.model_validate({"call_id": call_id, **given})


@dataclass
class Hand:
    """A call in a worker's hands; `made` is what earlier stages made."""

    call: Call
    results: dict[Stage, Made] = field(default_factory=dict)
    live: bool = True

    def made(self, stage: Stage) -> Made | None:
        return self.results.get(stage)

    def check(self, conn: psycopg.Connection[Any]) -> None:
        return

    def stopped(self) -> bool:
        return False

    def tick(self) -> None:
        return

    def object_name(self, folder: str, suffix: str) -> str:
        return f"calls/{folder}/hour=2026-11-29T14/workspace={self.call.workspace}/call={self.call.id}-1.{suffix}"


def accepted(db: Database, given: Submission, *, age: timedelta = timedelta(), workspace: str = "acme") -> Hand:
    """Accept a call as `nooks ingest` does, so long ago."""
    body = hashlib.sha256(given.model_dump_json().encode()).digest()
    with db.transaction() as conn:
        conn.execute("insert into workspaces.workspaces (name) values (%s) on conflict do nothing", [workspace])
        identity = accept(conn, workspace, given, body, "dev").id
        row = conn.execute(
            "update calls.calls set accepted_at = accepted_at - %s where id = %s returning accepted_at, hour",
            [age, identity],
        ).fetchall()[0]
    return Hand(Call(identity, workspace, given.call_id, *row, given))


def run(db: Database, work: StageWork, hand: Hand) -> Made:
    """Do a stage and write what it wants written, as the pipeline does."""
    outcome: Outcome = work.run(hand)
    with db.transaction() as conn:
        outcome.write(conn)
    hand.results[work.stage] = outcome.made
    return outcome.made


def audio(seconds: float = 8, channels: int = 2, kind: str = "WAV", rate: int = 8_000, seed: int = 1) -> bytes:
    """Return a recording of noise: another seed, another recording."""
    file = io.BytesIO()
    noise = np.random.default_rng(seed).integers(-500, 500, (int(seconds * rate), channels), dtype=np.int16)
    soundfile.write(file, noise, rate, format=kind)
    return file.getvalue()


def connect(db: Database, connection: str = CONNECTION) -> None:
    workspace, _, kind = connection.rpartition("-")
    Registry(db).add_connection(workspace, kind, config={}, secret_ref="env:NONE", sandbox=True)
    ensure_partitions(db, connection)


def put(db: Database, table: str, rows: Sequence[Mapping[str, Any]], connection: str = CONNECTION) -> None:
    """Put rows into a table of the CRM; a row of any has an id and when it changed, in minutes."""
    objects = {"contacts": "Contact", "leads": "Lead", "users": "User", "opportunities": "Opportunity"}
    with db.transaction() as conn:
        for row in rows:
            changed = BEGAN + timedelta(minutes=row.get("minute", 0))
            values = {
                "connection_id": connection,
                "source_object": objects[table],
                **{name: value for name, value in row.items() if name != "minute"},
                **dict.fromkeys(("source_stamp", "observed_at", "present_at"), changed),
            }
            names, marks = ", ".join(values), ", ".join(f"%({name})s" for name in values)
            conn.execute(f"insert into crm.{table} ({names}) values ({marks})".encode(), values)
