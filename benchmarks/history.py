"""The history of one object, from the API into Postgres, measured beside COPY and a first merge of the same rows.

Belongs here: the order of a measurement. Does not: its parts (`sync`, `rows`, `yardstick`, `verification`).
Run as `python -m benchmarks.history --rows 1000000 --crm hubspot`; everything listens on 127.0.0.1 and ends with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from benchmarks import machine, plot
from benchmarks.accounting import cpu_of_tree, peak_mb
from benchmarks.crms import CONTACTS_PER_ACCOUNT, CRMS, SALESFORCE, WORKSPACE, Crm
from benchmarks.report import Calls, Phase, Report, tables
from benchmarks.services import PROJECT, YARDSTICK, Services, services, settled
from benchmarks.verification import verified
from benchmarks.watching import Watch
from benchmarks.work import Work, run
from nooks_dagster.crm.rows.tables import partition_name

RESULTS = PROJECT / "benchmarks" / "results"
START_SECONDS = 120
SLOWEST_PACE = 500
"""Rows a second: a side that is slower is stopped, and the measurement has failed."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A piece of work as it looked from outside."""

    work: Work
    cpu: dict[str, float]
    watch: Watch


class History:
    """One measurement.

    Args:
        where: The services, with an org that has so many contacts.
        rows: How many.
    """

    def __init__(self, where: Services, rows: int) -> None:
        self._where = where
        self._rows = rows

    def measure(self) -> Report:
        """Return the report of a correct run.

        Raises:
            Corrupt: The two sides hold different rows.
            Permanent: A side failed, or took too long.
        """
        where = self._where
        synced = self._run("benchmarks.sync")
        counted = where.counters()
        csv = where.folder / "csv"
        self._run("benchmarks.rows", [where.crm.kind, str(csv)])
        loaded = self._run("benchmarks.yardstick", [where.crm.kind, str(csv)])
        facts = synced.work.facts
        return Report(
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            release=machine.release(),
            crm=where.crm.kind,
            rows=self._rows,
            machine=machine.facts(where.url),
            checksum=verified(where.url, where.crm.connection, self._rows),
            platform=self._platform(synced),
            yardstick=self._yardstick(loaded),
            calls=Calls(facts["calls"], counted["requests"][WORKSPACE], counted["pages"]),
            memory=synced.watch.points,
        )

    def _run(self, module: str, arguments: Sequence[str] = ()) -> _Seen:
        where, seconds = self._where, START_SECONDS + self._rows / SLOWEST_PACE
        settled(where.url, "crm.contacts")
        watch = Watch(where.running["postgres"].pid)
        before = self._cpu()
        work = run(module, arguments, where.variables, where.folder, seconds, watch)
        return _Seen(work, {name: round(cpu - before[name], 3) for name, cpu in self._cpu().items()}, watch)

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_of_tree(process.pid) for name, process in self._where.running.items()}

    def _platform(self, seen: _Seen) -> Phase:
        running = self._where.running
        peaks = {name: round(peak_mb(running[name].pid), 1) for name in ("lake", "sandbox")}
        return Phase(
            seconds=round(seen.work.seconds, 3),
            cpu={"sync": round(seen.work.cpu, 3), **seen.cpu},
            start_cpu=round(seen.work.start_cpu, 3),
            peak_mb={"sync": round(seen.work.peak_mb, 1), "postgres": round(seen.watch.server_peak_mb, 1), **peaks},
            bytes={"lake": seen.work.facts["lake_bytes"], "table": self._size(self._where.crm.connection)},
        )

    def _yardstick(self, seen: _Seen) -> Phase:
        return Phase(
            seconds=round(seen.work.seconds, 3),
            cpu={"client": round(seen.work.cpu, 3), "postgres": seen.cpu["postgres"]},
            start_cpu=round(seen.work.start_cpu, 3),
            peak_mb={"client": round(seen.work.peak_mb, 1), "postgres": round(seen.watch.server_peak_mb, 1)},
            bytes={"csv": seen.work.facts["csv_bytes"], "table": self._size(YARDSTICK)},
        )

    def _size(self, connection: str) -> int:
        with psycopg.connect(self._where.url) as conn:
            table = f"crm.{partition_name('contacts', connection)}"
            ((size,),) = conn.execute("SELECT pg_total_relation_size(%s::regclass)", [table]).fetchall()
        return int(size)


def measure(rows: int, crm: Crm = SALESFORCE) -> Report:
    """Measure a history of about so many contacts, on services of its own.

    Raises:
        Failure: It could not be measured; says why.
    """
    accounts = -(-rows // CONTACTS_PER_ACCOUNT)
    with services(crm, accounts) as where:
        return History(where, accounts * CONTACTS_PER_ACCOUNT).measure()


def main(
    rows: Annotated[int, typer.Option(min=CONTACTS_PER_ACCOUNT, help="Contacts in the org.")] = 100_000,
    crm: Annotated[str, typer.Option(help=f"Whose: {' or '.join(CRMS)}.")] = SALESFORCE.kind,
    results: Annotated[Path, typer.Option(help="Folder of the report and its plot.")] = RESULTS,
) -> None:
    """Measure, print a table, and write a report that can be compared between releases."""
    report = measure(rows, CRMS[crm])
    console = Console()
    for table in tables(report):
        console.print(table)
    path = results / f"{report.taken_at[:10]}-{report.release}-{report.crm}-{report.rows}.json"
    report.write(path)
    path.with_suffix(".svg").write_text(plot.svg(report))
    console.print(f"{path} and its .svg")


if __name__ == "__main__":
    typer.run(main)
