"""A small book is not held up by a large one that began before it; an answer is there the moment it is committed."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.llm.door import Door
from nooks_dagster.local import deadline
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.work import Platform, SignalsRun
from tests.llm.conftest import chosen
from tests.llm.odd_provider import Provider, Reply, answered, serving
from tests.signals.conftest import Clicks
from tests.signals.things import NOT_FOUND, TECH, Shelf, add_accounts, sites
from tests.sql import rows

SMALL, LARGE = 150, 1_500
BEGUN = 40
ANSWERS = "select workspace, count(*) from signals.answers where purchase is not null group by 1"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A model that takes its time, so that permits are what is scarce."""

    def script(_: dict[str, Any]) -> Reply:
        time.sleep(0.05)
        return answered(json.dumps(NOT_FOUND))

    with serving(script) as serves:
        yield serves


@pytest.fixture
def platforms(database_url: str, lake: Lake, tmp_path: Path, provider: Provider) -> Iterator[list[Platform]]:
    """Platforms as four processes have them: pools and doors of their own, each with workers for all permits."""
    made = []
    for _ in range(4):
        settings = chosen(
            postgres_url=database_url,
            home=tmp_path,
            signals_workers=8,
            llm_requests_in_flight=8,
        )
        pool = Database(database_url, size=6)
        made.append(Platform(pool, lake, settings, Door(pool, settings, base_url=provider.url), Shelf()))
    yield made
    for platform in made:
        platform.db.close()


def test_a_small_book_that_comes_later_gets_as_many_answers_as_a_large_one_that_three_runs_ask_about(
    platforms: list[Platform], db: Database
) -> None:
    add_accounts(db, "large", sites(LARGE))
    add_accounts(db, "small", sites(SMALL, start=LARGE))
    enough = threading.Event()
    *many, one = platforms
    large = [threading.Thread(target=work, args=(platform, "large", enough)) for platform in many]
    for run in large:
        run.start()
    try:
        for _ in deadline.polls(60):
            if answers(db)["large"] >= BEGUN:
                break
        before = answers(db)["large"]
        work(one, "small", threading.Event())
        after = answers(db)
    finally:
        enough.set()
        for run in large:
            run.join(timeout=60)
    assert after["small"] == SMALL
    meanwhile = after["large"] - before
    assert SMALL / 3 < meanwhile < 2 * SMALL, f"the large book got {meanwhile} answers while the small one got {SMALL}"


def test_an_answer_and_what_applications_read_of_it_are_committed_in_one_transaction(
    click: Clicks, db: Database
) -> None:
    add_accounts(db, "acme", sites(30))
    click()
    apart = "select count(*), count(*) filter (where x.xmin <> c.xmin) from signals.answers x join signals.current c "
    assert rows(db, apart + "on c.answer = x.id") == [(30, 0)]


def answers(db: Database) -> Counter[str]:
    return Counter(dict(rows(db, ANSWERS)))


def work(platform: Platform, workspace: str, enough: threading.Event) -> None:
    """Let a run of the dispatcher's work until its book is done, or somebody has seen enough."""
    run = SignalsRun(workspace, f"run-{workspace}", 1, WorkClass.NIGHTLY)
    with closing(WorkspaceSignals(platform, run, [TECH]).beats()) as beats:
        for _ in beats:
            if enough.is_set():
                return
