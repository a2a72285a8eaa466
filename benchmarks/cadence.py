"""Many workspaces on one cadence, through the whole platform: does it keep up, and what does it take?

Belongs here: letting the starts of one cadence fall due, and watching. Does not: the platform (`benchmarks.house`).
Run as `python -m benchmarks.cadence --workspaces 200`; it ends by itself.
"""

import json
import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Annotated, Any

import psutil
import psycopg
import typer
from rich.console import Console

from benchmarks import machine
from benchmarks.accounting import cpu_of_tree, resident_mb, server_mb
from benchmarks.cadence_report import CadenceReport, Look
from benchmarks.history import RESULTS
from benchmarks.house import House, connect, house
from nooks_dagster.crm.starts.incremental import plan_starts
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.ledger import Ledger

LOOK_EVERY = 5.0  # seconds
OF_CROWD = "scope LIKE 'crm/customer-%%'"

LOOK = f"""
    SELECT
        (SELECT count(*) FROM work.items WHERE {OF_CROWD} AND payload ? 'due' AND queue = 'crm.discoveries'
            AND state <> 'done' AND due_at <= now()),
        (SELECT count(*) FROM work.launches WHERE ended_at IS NULL),
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
"""
# A start is done when the last of its windows is.
LATE = f"""
    SELECT extract(epoch FROM max(w.finished_at) - s.due_at)::float
    FROM work.items s JOIN work.items w ON w.scope = s.scope AND w.queue = 'crm.windows'
        AND w.payload ->> 'due' = s.payload ->> 'due'
    WHERE s.{OF_CROWD} AND s.queue = 'crm.discoveries' AND s.payload ? 'due'
    GROUP BY s.id HAVING bool_and(w.state = 'done')
"""
CALLS = f"""
    SELECT coalesce(sum(called.times::int), 0) FROM work.items, jsonb_each_text(outcome) AS called (kind, times)
    WHERE {OF_CROWD} AND queue <> 'crm.chunks' AND called.kind LIKE 'calls.%%'
"""
RUNS = "SELECT status, count(*) FROM runs WHERE pipeline_name = 'crm_incremental_sync' GROUP BY status"
ROWS = """
    SELECT count(*) FROM event_logs e JOIN runs r USING (run_id)
    WHERE r.pipeline_name = 'crm_incremental_sync' AND r.status IN ('SUCCESS', 'FAILURE') GROUP BY run_id
"""
TICKS = "SELECT tick_body FROM job_ticks WHERE status <> 'STARTED'"


def measure(workspaces: int, cadence: int, kind: str, minutes: int) -> CadenceReport:
    """Measure so many workspaces, whose starts fall due within one cadence, each at its own moment, for some minutes.

    Raises:
        Failure: The platform did not start.
    """
    load = os.getloadavg()[0]
    with house(kind, {"NOOKS_CRM_CADENCE_MINUTES": str(cadence)}) as where:
        connect(where, kind, workspaces)
        planned_in = _plan(where, timedelta(minutes=cadence))
        before, began = _cpu(where), time.monotonic()
        looks = list(_looks(where, began, 60.0 * minutes))
        seconds, after = time.monotonic() - began, _cpu(where)
        late, calls = _ask(where.url, LATE), _ask(where.url, CALLS)
        return CadenceReport(
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            release=machine.release(),
            crm=kind,
            workspaces=workspaces,
            cadence_minutes=cadence,
            machine=machine.facts(where.url),
            load_before=round(load, 2),
            seconds=round(seconds, 1),
            runs=dict(_ask(where.dagster_url, RUNS)),
            starts_done=len(late),
            late=spread([seconds for (seconds,) in late]),
            plan_seconds=round(planned_in, 3),
            ticks=_ticks(where),
            event_rows=spread([count for (count,) in _ask(where.dagster_url, ROWS)]),
            calls=calls[0][0],
            cpu={name: round(after[name] - before[name], 1) for name in before},
            looks=looks,
        )


def _plan(where: House, cadence: timedelta) -> float:
    """Plan the starts of one cadence at once, as the schedule's tick would; return how long that took."""
    db = Database(where.url, size=1)
    try:
        began = time.monotonic()
        plan_starts(Ledger(db, "bench", timedelta(seconds=30)), cadence, cadence)
        return time.monotonic() - began
    finally:
        db.close()


def _looks(where: House, began: float, seconds: float) -> Iterator[Look]:
    while (passed := time.monotonic() - began) < seconds:
        ((backlog, launches, sessions),) = _ask(where.url, LOOK)
        yield Look(round(passed, 1), backlog, launches, sessions, _memory(where))
        time.sleep(LOOK_EVERY)


def _memory(where: House) -> dict[str, float]:
    """Return the MB of each service; the runs are the code server's children."""
    held: dict[str, float] = {}
    for name, pid in where.pids().items():
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        held[name] = round(server_mb(pid) if name == "postgres" else sum(map(resident_mb, family)), 1)
    return held


def _cpu(where: House) -> dict[str, float]:
    return {name: cpu_of_tree(pid) for name, pid in where.pids().items()}


def _ticks(where: House) -> dict[str, Sequence[float]]:
    found: dict[str, list[float]] = {}
    for (body,) in _ask(where.dagster_url, TICKS):
        tick = json.loads(body)
        if tick.get("end_timestamp"):
            found.setdefault(tick["job_name"], []).append(tick["end_timestamp"] - tick["timestamp"])
    return {name: spread(seconds) for name, seconds in sorted(found.items())}


def spread(values: Sequence[float]) -> Sequence[float]:
    """Return the median, the 95th percentile and the most; zeros of nothing."""
    if len(values) < 2:
        return [*values, *values, *values] or [0.0, 0.0, 0.0]
    cuts = quantiles(values, n=20)
    return [round(value, 3) for value in (cuts[9], cuts[18], max(values))]


def _ask(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as conn:
        return conn.execute(query.encode(), {}).fetchall()


def main(
    workspaces: Annotated[int, typer.Option(min=1, help="Customers, each with one connection.")] = 200,
    cadence: Annotated[int, typer.Option(min=1, max=60, help="Minutes between two starts of each.")] = 15,
    minutes: Annotated[int, typer.Option(min=0, max=60, help="How long is measured; 0 for one cadence.")] = 0,
    crm: Annotated[str, typer.Option(help="salesforce or hubspot.")] = "salesforce",
    results: Annotated[Path, typer.Option(help="Folder of the report.")] = RESULTS,
) -> None:
    """Measure, print a table, and write a report that can be compared between releases."""
    report = measure(workspaces, cadence, crm, minutes or cadence)
    console = Console()
    console.print(report.table())
    console.print(str(report.write(results)))


if __name__ == "__main__":
    typer.run(main)
