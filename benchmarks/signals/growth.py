"""Memory and time of a run over books of several sizes, and of a second run that finds nothing changed.

Belongs here: books that are made in the database, of a few real documents that many sites share. Does not: reading
sites. Run as `python -m benchmarks.signals.growth --accounts 1000 --accounts 100000`; the model takes no time.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.crms import SALESFORCE, WORKSPACE
from benchmarks.history import RESULTS
from benchmarks.services import Services, services
from benchmarks.signals import book
from benchmarks.signals.measuring import SETTINGS
from benchmarks.signals.meter import metered
from benchmarks.signals.our_side import Ours
from benchmarks.signals.terms import Terms
from benchmarks.watching import Watch
from benchmarks.work import run

REAL_ACCOUNTS = 60
"""Whose sites are read for their documents."""
SIGNAL = "tech_stack"

ACCOUNTS = """
    INSERT INTO crm.accounts (connection_id, source_object, id, name, website, source_stamp, observed_at, present_at)
    SELECT %(connection)s, 'Account', 'grown-' || lpad(n::text, 9, '0'), 'Company ' || n,
        'https://c' || n || '.example', now(), now(), now()
    FROM generate_series(1, %(accounts)s::bigint) n
"""
SITES = """
    INSERT INTO research.sites (site, looked_at, changed_at, outcome, next_look_at)
    SELECT 'c' || n || '.example', now(), now(), CASE WHEN n %% %(one_in)s = 0 THEN 'ok' ELSE 'unreachable' END,
        now() + interval '30 days'
    FROM generate_series(1, %(accounts)s::bigint) n
"""
PAGES = """
    INSERT INTO research.pages (site, kind, url, outcome, sha256, stored_in, title, language)
    SELECT 'c' || n || '.example', p.kind, 'https://c' || n || '.example/' || p.path, 'ok', p.sha256, p.stored_in,
        p.title, p.language
    FROM generate_series(%(one_in)s::bigint, %(accounts)s, %(one_in)s) n
    JOIN (
        SELECT *, dense_rank() OVER (ORDER BY site) - 1 AS place, row_number() OVER (PARTITION BY site) AS path
        FROM research.pages WHERE sha256 IS NOT NULL
    ) p ON p.place = n / %(one_in)s %% (SELECT count(DISTINCT site) FROM research.pages WHERE sha256 IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Grown:
    """What a run over so many accounts took, and what a second one did."""

    accounts: int
    asked: int
    seconds: float
    cpu: float
    peak_mb: float
    again_seconds: float
    again_peak_mb: float
    again_asked: int


def measure(where: Services, accounts: int, one_in: int) -> Grown:
    """Ask one signal about so many accounts, of which one in so many has a site that could be read."""
    with book.copied(where.url, f"grown_{accounts}") as url:
        _fill(url, accounts, one_in)
        ours = Ours(where, url, (SIGNAL,), (), Terms(accounts, 0.0, 0.0))
        with metered(where) as seen:
            (first,) = ours.run(1)
        with metered(where) as seen_again:
            (again,) = ours.run(1)
    return Grown(
        accounts,
        seen.sold.answers,
        round(first.told["seconds"], 2),
        round(first.told["cpu"], 2),
        round(first.told["peak_mb"], 1),
        round(again.told["seconds"], 2),
        round(again.told["peak_mb"], 1),
        seen_again.sold.answers,
    )


def _fill(url: str, accounts: int, one_in: int) -> None:
    values = {"connection": SALESFORCE.connection, "accounts": accounts, "one_in": one_in}
    with psycopg.connect(url) as conn:
        for statement in (ACCOUNTS, SITES, PAGES):
            conn.execute(statement.encode(), values)


def _with_documents(where: Services) -> None:
    """Bring a few real documents there."""
    for module, arguments in (("benchmarks.sync", ["accounts"]), ("benchmarks.signals.reading", [])):
        run(module, arguments, where.variables, where.folder, 600, Watch(where.running["postgres"].pid))


def grown(sizes: Sequence[int], one_in: int) -> Iterator[Grown]:
    """Yield what each size took, on services of its own."""
    variables = {**SETTINGS, "OPENAI_API_KEY": f"sk-sandbox-{WORKSPACE}"}
    with services(SALESFORCE, REAL_ACCOUNTS, ["--openai=time_scale=0"], variables) as where:
        _with_documents(where)
        for accounts in sizes:
            yield measure(where, accounts, one_in)


def main(
    accounts: Annotated[list[int], typer.Option(min=100, help="A size; repeatable.")] = [1_000, 10_000],  # noqa: B006
    one_in: Annotated[int, typer.Option(min=1, help="One account in so many has documents.")] = 10,
    results: Annotated[Path, typer.Option(help="Folder of the report.")] = RESULTS,
) -> None:
    """Measure each size, print a table, and write a report."""
    found = list(grown(accounts, one_in))
    table = Table(title=f"{SIGNAL}, one account in {one_in} with documents, {machine.release()}", title_justify="left")
    for name in asdict(found[0]):
        table.add_column(name.replace("_", " "), justify="right")
    for one in found:
        table.add_row(*(f"{value:,}" for value in asdict(one).values()))
    Console().print(table)
    path = results / f"{machine.release()}-growth.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{json.dumps([asdict(one) for one in found], indent=1)}\n")


if __name__ == "__main__":
    typer.run(main)
