"""Workers that die, hang or are stopped: no site is lost, none is looked at twice at once, and the killer is found."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.lake.store import Lake
from nooks_dagster.local import deadline
from nooks_dagster.research.ages import Ages
from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.leases import take
from nooks_dagster.research.library import Library
from nooks_dagster.research.planning import Wish
from nooks_dagster.research.researcher import Look, PageSeen
from nooks_dagster.research.runs import Platform, ResearchRun, WorkspaceResearch
from nooks_dagster.research.shelf import Kept, Shelf
from nooks_dagster.settings import Settings
from tests.programs import Programs
from tests.research.scripted import Scripted
from tests.research.things import connect, let_leases_end, put_accounts, research

KILLER = "killer.com"


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def here(db: Database, database_url: str, lake: Lake, tmp_path: Path, scripted: Scripted) -> Platform:
    """A platform with the scripted researcher, and 30 accounts of acme."""
    put_accounts(db, connect(db, "acme"), {str(n): f"company-{n:02}.com" for n in range(29)} | {"k": KILLER})
    settings = Settings(postgres_url=database_url, home=tmp_path, lease_seconds=2, research_workers=4)
    return Platform(db, lake, settings, scripted)


def outcomes(db: Database) -> Counter[str]:
    with db.transaction() as conn:
        return Counter(outcome for (outcome,) in conn.execute("SELECT outcome FROM research.sites"))


@pytest.fixture
def die(here: Platform, programs: Programs) -> Callable[[], None]:
    """Let a process look at what is due, and die of the killer."""

    def run() -> None:
        where = (here.settings.postgres_url, here.lake.uri("").split("/")[2], str(here.settings.home))
        assert programs.run("tests.research.scripted", *where, KILLER) == -signal.SIGKILL
        let_leases_end(here.db)

    return run


def test_what_a_killed_worker_held_is_looked_at_by_the_next(
    here: Platform, die: Callable[[], None], scripted: Scripted
) -> None:
    die()
    done = outcomes(here.db)["ok"]
    looks = research(here)
    assert outcomes(here.db) == {"ok": 30}
    assert len(looks) == 30 - done, "what was committed is not looked at again"
    assert scripted.beside[KILLER] == 0, "a suspect is looked at alone"


def test_a_site_that_kills_five_workers_is_marked_and_its_neighbours_are_read(
    here: Platform, die: Callable[[], None]
) -> None:
    for _ in range(5):
        die()
    research(here)
    assert outcomes(here.db) == {"ok": 29, "poison": 1}
    with here.db.transaction() as conn:
        states = [state for (state,) in conn.execute("SELECT state FROM work.items WHERE queue = 'research.sites'")]
    assert set(states) == {"done"}, "no batch died of it"


def test_a_page_that_breaks_our_reader_costs_no_neighbour_its_turn(here: Platform, scripted: Scripted) -> None:
    research(here)
    scripted.breaks = frozenset([KILLER])
    research(here, run_id="again", wish=Wish(again=True))
    assert outcomes(here.db) == {"ok": 29, "not_a_page": 1}
    assert len(Library(here.db, here.lake).of([KILLER], ["home"])[KILLER].documents) == 1, "what was read before stays"


def test_a_look_that_lost_its_site_commits_nothing(here: Platform, lake: Lake) -> None:
    shelf = Shelf(lake, Ages(here.settings))
    with here.db.transaction() as conn:
        conn.execute("INSERT INTO research.sites (site) VALUES ('slow.com')")
        slow = take(conn, "slow.com", "slow", timedelta(minutes=1), None)
    let_leases_end(here.db)
    with here.db.transaction() as conn:
        assert take(conn, "slow.com", "quick", timedelta(minutes=1), None) is not None
        known = shelf.known(conn, "slow.com", again=False)
    assert slow is not None
    look = Look(Outcome.OK, [PageSeen(Kind.HOME, "https://slow.com/", Outcome.OK)])
    with pytest.raises(LostLease), here.db.transaction() as conn:
        shelf.commit(conn, slow, known, look, shelf.put(slow, known, look))
    with here.db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM research.pages").fetchone() == (0,)


def test_runs_of_two_workspaces_look_at_a_shared_site_once_and_never_at_the_same_time(
    here: Platform, scripted: Scripted
) -> None:
    put_accounts(here.db, connect(here.db, "globex"), {str(n): f"company-{n:02}.com" for n in range(29)})
    runs = [threading.Thread(target=research, args=(here, name)) for name in ("acme", "globex")]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert Counter(scripted.looks) == Counter([*(f"company-{n:02}.com" for n in range(29)), KILLER])


def test_a_run_that_is_stopped_gives_everything_back_at_once(here: Platform, scripted: Scripted) -> None:
    scripted.hangs = frozenset(f"company-{n:02}.com" for n in range(10, 29))
    beats = WorkspaceResearch(here, ResearchRun("acme", "stopped")).beats()
    while len(scripted.looks) < 12:
        next(beats)
    beats.close()
    with here.db.transaction() as conn:
        held = conn.execute(
            "SELECT (SELECT count(*) FROM research.sites WHERE lease_until IS NOT NULL), "
            "(SELECT count(*) FROM work.items WHERE state = 'leased'), (SELECT sum(deaths) FROM research.sites)"
        ).fetchone()
    assert held == (0, 0, 0)
    scripted.hangs = frozenset()
    research(here, run_id="next")
    assert outcomes(here.db) == {"ok": 30}


def test_a_run_whose_looks_hang_loses_its_work_to_another(
    here: Platform, database_url: str, lake: Lake, tmp_path: Path
) -> None:
    hanging = Scripted(hangs=frozenset(f"company-{n:02}.com" for n in range(29)) | {KILLER})
    stalled = Settings(postgres_url=database_url, home=tmp_path, lease_seconds=1, stall_seconds=1, research_workers=4)
    slow = WorkspaceResearch(Platform(here.db, lake, stalled, hanging), ResearchRun("acme", "hanging"))
    ended: list[Kept | None] = []
    thread = threading.Thread(target=lambda: ended.extend(slow.beats()))
    thread.start()
    for _ in deadline.polls(60):
        if len(hanging.looks) >= 4:
            break
    for n in deadline.polls(60):
        let_leases_end(here.db)
        research(here, run_id=f"other-{n}")
        if outcomes(here.db)["ok"] == 30:
            break
    assert outcomes(here.db) == {"ok": 30}
    hanging.released.set()
    thread.join(60)
    assert not [kept for kept in ended if kept], "what hung committed nothing"
