"""Which sweeps and late passes there are: by the clock, of which objects, in which depths, and not twice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nooks_dagster.crm.model import SourceField, SourceObject, Volatile
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.sweeps import planning
from nooks_dagster.crm.sweeps.planning import plan_late_passes, plan_sweeps
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FIELDS, FakeCrm, row

PLANNED = """
    select payload ->> 'source', payload ->> 'kind', payload -> 'sweep', (payload ->> 'hours')::int
    from work.items where queue in ('crm.sweeps', 'crm.windows') and state = 'waiting' order by id
"""


@pytest.fixture
def ledger(platform: Platform) -> Ledger:
    return Ledger(platform.db, "clock", timedelta(seconds=2))


@pytest.fixture(autouse=True)
def synced(crm: FakeCrm, click: Callable[..., list[WindowReport]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts with a formula, contacts without; a custom object that every window reads whole."""
    formula = tuple(replace(f, volatile=Volatile.CALCULATED if f.name == "Name" else None) for f in FIELDS)
    shapes: dict[str, tuple[SourceField, ...]] = {"Account": formula}
    describe = crm.describe

    def described(name: str) -> SourceObject:
        source = describe(name)
        whole = name == "Widget__c"
        return replace(source, fields=shapes.get(name, FIELDS), whole=whole, lags=name == "Contact")

    monkeypatch.setattr(crm, "describe", described)
    crm.write({"Account": [row(1)], "Contact": [row(2)], "Widget__c": [row(3)]})
    click()


def let_pass(db: Database, rhythm: str, days: int) -> None:
    with db.transaction() as conn:
        conn.execute(
            "update crm.rhythms set planned_until = now() - %s where rhythm like %s", (timedelta(days=days), rhythm)
        )


def planned(db: Database) -> Iterator[tuple[Any, ...]]:
    with db.transaction() as conn:
        yield from conn.execute(PLANNED).fetchall()


def test_nothing_is_planned_before_its_time_and_what_was_missed_is_planned_once(db: Database, ledger: Ledger) -> None:
    assert plan_sweeps(ledger) == 0
    assert list(planned(db)) == []
    let_pass(db, "sweep.daily", 30)
    assert plan_sweeps(ledger) == 1
    assert list(planned(db)) == [("Account", "sweep", ["calculated"], 0)]
    assert plan_sweeps(ledger) == 0


def test_weekly_each_object_is_compared_in_all_that_it_has_but_one_that_is_always_read_whole(
    db: Database, ledger: Ledger
) -> None:
    plan_sweeps(ledger)
    let_pass(db, "sweep.weekly", 8)
    assert plan_sweeps(ledger) == 2
    assert list(planned(db)) == [
        ("Account", "sweep", ["ids", "calculated"], 0),
        ("Contact", "sweep", ["ids"], 0),
    ]


def test_one_that_is_not_done_stands_for_the_next_unless_that_looks_deeper(db: Database, ledger: Ledger) -> None:
    plan_sweeps(ledger)
    let_pass(db, "sweep.daily", 2)
    plan_sweeps(ledger)
    let_pass(db, "sweep.daily", 2)
    assert plan_sweeps(ledger) == 0
    let_pass(db, "sweep.%", 8)
    assert plan_sweeps(ledger) == 2


def test_an_object_of_many_rows_is_left_to_the_weekly_sweep(
    db: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_sweeps(ledger)
    monkeypatch.setattr(planning, "DAILY_ROWS", -1)
    let_pass(db, "sweep.daily", 2)
    assert plan_sweeps(ledger) == 0


def test_late_passes_are_of_what_may_show_late_and_the_longer_stands_for_the_shorter(
    db: Database, ledger: Ledger
) -> None:
    assert plan_late_passes(ledger) == 0
    let_pass(db, "late.%", 2)
    assert plan_late_passes(ledger) == 1
    assert list(planned(db)) == [("Contact", "late", [], 72)]


def test_a_connection_that_may_not_be_used_is_left_out(db: Database, ledger: Ledger) -> None:
    plan_sweeps(ledger)
    Registry(db).mark("acme-salesforce", "unauthorized", "the key was revoked")
    let_pass(db, "sweep.%", 8)
    assert plan_sweeps(ledger) == 0


def test_the_roll_of_a_sweep_that_is_no_more_goes(db: Database, ledger: Ledger) -> None:
    with db.transaction() as conn:
        conn.execute("create unlogged table sweeps.of_99999 (id text)")
    plan_sweeps(ledger)
    with db.transaction() as conn:
        assert conn.execute("select to_regclass('sweeps.of_99999')").fetchone() == (None,)
