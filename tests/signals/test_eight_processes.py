"""Eight processes over overlapping books, killed and paused: an answer a purchase, and the ledger explains the rest."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.local import deadline
from nooks_dagster.signals.work import Platform
from tests.programs import Program, Programs
from tests.sandbox.process import Sandbox, point
from tests.signals.race import WORKERS
from tests.signals.things import add_accounts, sites
from tests.sql import rows

BOOKS = {f"w{number}": sites(90, start=30 * number) for number in range(4)}
ANSWERED = "select count(*) from signals.answers where purchase is not null"
# Whoever is stopped within a transaction would hold up all others until it goes on.
BOUNDED = "?options=-c%20idle_in_transaction_session_timeout%3D1s"
# Each purchase that is no answer's, by what became of it.
UNUSED = """
    select p.state, coalesce(d.reason, '') from llm.purchases p left join signals.duplicates d on d.purchase = p.id
    where not exists (select from signals.answers x where x.purchase = p.id)
"""


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A model that takes a while, so that requests are on their way whenever a process dies."""
    terms = ("--openai", "mean_seconds=0.6", "--openai", "p99_seconds=2.4")
    sandbox = Sandbox(tmp_path / "sandbox", "--org", "acme", "--accounts", "10", *terms)
    point(sandbox, monkeypatch)
    yield sandbox
    sandbox.terminate()


@pytest.fixture
def start(
    programs: Programs, database_url: str, platform: Platform, tmp_path: Path, sandbox: Sandbox
) -> Iterator[Callable[[int], Program]]:
    """Start the n-th process: two a workspace, each with an edition of the pages of its own."""
    where = (database_url + BOUNDED, platform.lake.uri("").split("/")[2], str(tmp_path))
    started: list[Program] = []

    def one(number: int) -> Program:
        words = (*where, f"w{number % 4}", "early" if number < 4 else "late")
        started.append(programs.start("tests.signals.race", *words, OPENAI_API_KEY="sk-sandbox-acme"))
        return started[-1]

    yield one
    for process in started:
        process.kill()
        process.wait()


def wait_for(db: Database, answers: int) -> None:
    for _ in deadline.polls(150):
        if rows(db, ANSWERED)[0][0] >= answers:
            return
    pytest.fail(f"{rows(db, ANSWERED)[0][0]} of {answers} answers, {rows(db, 'select state, reason from work.items')}")


@pytest.mark.acceptance
@pytest.mark.timeout(400)
def test_eight_processes_that_are_killed_and_paused_buy_no_answer_twice_but_what_was_on_its_way(
    start: Callable[[int], Program], db: Database, sandbox: Sandbox
) -> None:
    for workspace, book in BOOKS.items():
        add_accounts(db, workspace, book)
    processes = [start(number) for number in range(8)]
    disturbed = 0
    for number, answers in enumerate((20, 50, 80, 110)):
        wait_for(db, answers)
        if processes[number].poll() is None:
            disturbed += 1
            if number % 2:
                processes[number].kill()
                processes[number].wait()
                processes[number] = start(number)
            else:
                processes[number].send_signal(signal.SIGSTOP)
                wait_for(db, answers + 25)  # longer than its lease: others have taken over
                processes[number].send_signal(signal.SIGCONT)
    for process in processes:
        assert process.wait() == 0
    subjects = {site for book in BOOKS.values() for site in book}
    assert rows(
        db,
        "select count(*), count(distinct c.workspace || c.subject) from signals.current c "
        "join signals.answers x on x.id = c.answer where x.status = 'found'",
    ) == [(360, 360)]
    assert rows(db, "select count(distinct subject) from signals.answers where purchase is not null") == [
        (len(subjects),)
    ]
    twice = "select cache_key from signals.answers where purchase is not null group by 1 having count(*) > 1"
    assert rows(db, twice) == []
    unused = rows(db, UNUSED)
    assert {(state, reason) for state, reason in unused} <= {
        ("settled", "another worker had the account by the time of the answer"),
        ("reserved", ""),
        ("unknown", ""),
        ("released", ""),
    }
    paid = [one for one in unused if one[0] != "released"]
    assert disturbed > 0
    assert len(paid) <= disturbed * WORKERS
    told = sandbox.control("/control/openai").json()
    assert told["sold"] <= rows(db, ANSWERED)[0][0] + len(paid)
    assert told["peak_in_flight"] <= 32
    assert rows(db, "select max(deaths), max(failures), count(item) from signals.leases") == [(0, 0, 0)]
