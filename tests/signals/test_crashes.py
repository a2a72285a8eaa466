"""Kill the process at each named point, start another: each account has one answer, each purchase is explained."""

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.local import deadline
from nooks_dagster.signals.work import Platform
from tests.programs import Programs
from tests.research.things import connect, let_leases_end, put_accounts
from tests.signals.things import add_accounts, sites
from tests.sql import rows

ACCOUNTS = 12
WORKERS = 4


@pytest.fixture
def ask(programs: Programs, database_url: str, platform: Platform, tmp_path: Path) -> Callable[..., int]:
    """Run the signals in a process of its own; returns how it ended."""

    def run(*more: str, **environment: str) -> int:
        where = (database_url, platform.lake.uri("").split("/")[2], str(tmp_path))
        return programs.run("tests.signals.ask_once", *where, *more, **environment)

    return run


def until_done(db: Database, ask: Callable[..., int], *more: str) -> list[int]:
    """Start one process after the other until nothing is open; return how they ended."""
    endings = []
    for _ in deadline.polls(120, every=0.25):  # a killed one's lease lasts a second
        endings.append(ask(*more))
        if rows(db, "select count(*) from work.items where state <> 'done'") == [(0,)]:
            return endings
    pytest.fail(f"not done: {rows(db, 'select state, reason, deaths from work.items')}")


@pytest.mark.parametrize("point", ["planned", "opening", "leased", "asking", "bought", "publishing", "published"])
def test_a_process_killed_anywhere_is_followed_by_one_that_gives_each_account_one_answer(
    point: str, ask: Callable[..., int], db: Database, tmp_path: Path
) -> None:
    add_accounts(db, "acme", sites(ACCOUNTS))
    assert ask(NOOKS_CRASH_AT=point, NOOKS_CRASH_ONCE=str(tmp_path / "crashed")) == -signal.SIGKILL
    until_done(db, ask)
    assert rows(
        db,
        "select count(*), count(distinct c.answer), count(distinct x.purchase) from signals.current c "
        "join signals.answers x on x.id = c.answer where x.status = 'found'",
    ) == [(ACCOUNTS,) * 3]
    assert rows(db, "select count(*) from signals.answers where purchase is not null") == [(ACCOUNTS,)]
    # What was paid twice was on its way when the process died: no more than it had threads.
    twice = rows(
        db,
        "select count(*) from sold where id not in (select purchase from signals.answers where purchase is not null)",
    )[0][0]
    assert twice <= WORKERS
    assert rows(db, "select count(*) from sold") == [(ACCOUNTS + twice,)]
    assert rows(db, "select max(deaths), max(failures), count(item) from signals.leases") == [(0, 0, 0)]


@pytest.mark.parametrize("point", ["planned", "published"])
def test_one_killed_while_sites_are_still_read_is_followed_by_one_that_reads_and_asks_the_rest(
    point: str, ask: Callable[..., int], db: Database, tmp_path: Path
) -> None:
    book = {f"{n:06d}": site for n, site in enumerate(sites(ACCOUNTS))}
    put_accounts(db, connect(db, "acme"), dict(book))
    once = {"NOOKS_CRASH_AT": point, "NOOKS_CRASH_ONCE": str(tmp_path / "crashed")}
    assert ask(READS="1", NOOKS_RESEARCH_WORKERS="1", **once) == -signal.SIGKILL
    let_leases_end(db)
    until_done(db, partial(ask, READS="1"))
    told = "select count(*), count(distinct subject), count(distinct purchase) from signals.answers where subject <> ''"
    assert rows(db, told) == [(ACCOUNTS,) * 3]
    assert rows(db, "select count(*) - count(looked_at), max(deaths) from research.sites") == [(0, 0)]


def test_an_account_that_kills_its_worker_ends_as_an_error_and_all_others_are_answered(
    ask: Callable[..., int], db: Database
) -> None:
    add_accounts(db, "acme", ["poison.example", *sites(5)])
    endings = until_done(db, ask, "poison.example")
    # Once among others, then five times alone.
    assert endings.count(-signal.SIGKILL) == 6
    assert rows(db, "select status, count(*) from signals.answers where subject <> '' group by 1 order by 1") == [
        ("error", 1),
        ("found", 5),
    ]
    assert rows(db, "select reason from signals.answers where status = 'error'") == [
        ("poison.example: killed its worker 5 times alone",)
    ]
