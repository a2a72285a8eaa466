"""Stages that follow a script, and calls to take through them."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import psycopg

from nooks_dagster.calls.ingest.accepting import Accepted, Offer, accept_all
from nooks_dagster.calls.model import WORKED, Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.submission import Submission
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.handle import Handle
from nooks_dagster.ledger.items import WorkClass

Script = Callable[[Task], Outcome]

RECORD = """
    insert into calls.records (call, workspace, call_id, hour, direction, disposition, started_at, duration_ms,
        contact_outcome, version)
    values (%s, %s, %s, %s, 'outbound', 'connected', now(), 1000, 'unknown', %s)
    on conflict (call) do update set version = excluded.version, recorded_at = clock_timestamp()
"""


def made(task: Task, stage: Stage) -> Made:
    """A result with a handle, as of a stage that wrote an object; the earlier ones were its input."""
    for earlier in WORKED[: WORKED.index(stage)]:
        task.made(earlier)
    return Made(Status.DONE, Handle(f"gs://none/{task.object_name(stage, 'json')}", 1, 2, "0" * 64), {"stage": stage})


@dataclass
class Work:
    """A stage that does what its script says, or else makes a result at once; it tells in Postgres that it ran."""

    db: Database
    stage: Stage
    script: Script | None = None
    version: str = "1"

    def run(self, task: Task) -> Outcome:
        with self.db.transaction() as conn:
            conn.execute("insert into ran (call, stage) values (%s, %s)", (task.call.id, self.stage))
        return self.script(task) if self.script else self.usual(task)

    def usual(self, task: Task) -> Outcome:
        if self.stage is Stage.TRANSLATE:
            return Outcome(Made(Status.SKIPPED))
        if self.stage is Stage.CONTACT:
            return Outcome(Made(Status.DONE, facts={"outcome": "unknown"}))
        return Outcome(made(task, self.stage), lambda conn: self._write(conn, task))

    def _write(self, conn: psycopg.Connection[Any], task: Task) -> None:
        conn.execute("insert into effects (call, stage) values (%s, %s)", (task.call.id, self.stage))
        if self.stage is Stage.RECORD:
            call = task.call
            conn.execute(RECORD, (call.id, call.workspace, call.call_id, call.hour, self.version))


@dataclass
class World:
    """Accepted calls, and what became of them."""

    db: Database
    platform: Platform
    sent: int = 0
    works: dict[Stage, Work] = field(default_factory=dict)

    def script(self, stage: Stage, script: Script | None) -> None:
        self.works[stage].script = script

    def accept(self, count: int = 1, workspace: str = "acme", work_class: WorkClass = WorkClass.LIVE) -> list[int]:
        offers = [_offer(f"call-{self.sent + n}", workspace, work_class) for n in range(count)]
        self.sent += count
        with self.db.transaction() as conn:
            conn.execute("insert into workspaces.workspaces (name) values (%s) on conflict do nothing", (workspace,))
            answers = accept_all(conn, offers, "test")
        return [answer.id for answer in answers if isinstance(answer, Accepted)]

    def rows(self, query: str, *values: Any) -> list[Any]:
        with self.db.transaction() as conn:
            return conn.execute(query.encode(), values).fetchall()

    def run(self, query: str, *values: Any) -> None:
        with self.db.transaction() as conn:
            conn.execute(query.encode(), values)

    def ran(self, call: int) -> list[str]:
        return [stage for (stage,) in self.rows("select stage from ran where call = %s order by id", call)]

    def effects(self, call: int) -> Counter[str]:
        return Counter(stage for (stage,) in self.rows("select stage from effects where call = %s", call))

    def stages(self, call: int) -> dict[str, str]:
        return dict(self.rows("select stage, status from calls.stages where call = %s", call))

    def state(self, call: int) -> str:
        return str(self.rows("select state from calls.calls where id = %s", call)[0][0])

    def item(self, call: int) -> Any:
        query = "select state, attempts, failure, reason, deaths from work.items where queue = 'calls' and key = %s"
        return self.rows(query, str(call))[0]

    def make_due(self) -> None:
        self.run("update work.items set due_at = now() where state = 'waiting'")

    def expire(self) -> None:
        self.run("update work.items set lease_until = now() - interval '1 s' where state = 'leased'")


def _offer(call_id: str, workspace: str, work_class: WorkClass) -> Offer:
    told = {
        "call_id": call_id,
        "direction": "outbound",
        "started_at": "2026-11-29T10:00:00Z",
        "ended_at": "2026-11-29T10:05:00Z",
        "disposition": "connected",
        "recording_consent": True,
        "rep": {"email": "rep@acme.example"},
        "prospect": {"phone": "+14155550100"},
    }
    body = json.dumps(told).encode()
    return Offer(workspace, Submission.model_validate_json(body), sha256(body).digest(), work_class)


def prepare(db: Database) -> None:
    """Empty the tables, and make those in which scripted stages tell what they did."""
    with db.transaction() as conn:
        conn.execute("create table if not exists ran (id bigint generated always as identity, call bigint, stage text)")
        conn.execute("create table if not exists effects (call bigint, stage text)")
        conn.execute(
            "truncate ran, effects, work.items, work.launches, work.holds, calls.calls, calls.replays, calls.hours,"
            " workspaces.workspaces, llm.caps restart identity cascade"
        )


def scripted(db: Database, stages: Sequence[Stage] = WORKED) -> dict[Stage, Work]:
    return {stage: Work(db, stage) for stage in stages}


SECOND = timedelta(seconds=1)
