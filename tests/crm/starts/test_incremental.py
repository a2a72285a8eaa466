"""Which connections start by the clock, and how often."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from nooks_dagster.crm.starts.incremental import plan_starts
from nooks_dagster.crm.starts.overlap import MOST_WAITING
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry
from tests.sql import execute

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
Plan = Callable[..., int]


@pytest.fixture
def registry(db: Database) -> Registry:
    """Two customers."""
    made = Registry(db)
    for workspace in ("acme", "globex"):
        made.add_connection(workspace, "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
    return made


@pytest.fixture
def plan(registry: Registry, db: Database) -> Plan:
    """Plan as a tick does, after so many hours in which nobody did."""
    ledger = Ledger(db, "clock", timedelta(seconds=30))

    def tick(ahead: timedelta = HOUR, *, hours_down: int = 0) -> int:
        execute(db, "UPDATE crm.rhythms SET planned_until = planned_until - make_interval(hours => %s)", hours_down)
        execute(
            db, "UPDATE workspaces.connections SET state_since = state_since - make_interval(hours => %s)", hours_down
        )
        return plan_starts(ledger, QUARTER, ahead)

    return tick


def starts(db: Database, connection: str = "acme-salesforce") -> list[datetime]:
    query = "SELECT due_at FROM work.items WHERE queue = 'crm.discoveries' AND lane = %s ORDER BY id"
    with db.transaction() as conn:
        return [due for (due,) in conn.execute(query.encode(), (connection,))]


def test_each_connection_starts_every_quarter_of_an_hour_at_a_time_of_its_own(plan: Plan, db: Database) -> None:
    assert plan() == 8
    assert plan() == 0
    mine, other = starts(db), starts(db, "globex-salesforce")
    assert [b - a for a, b in pairwise(mine)] == [QUARTER] * 3
    assert set(mine).isdisjoint(other)


def test_a_connection_may_have_a_cadence_of_its_own(plan: Plan, registry: Registry, db: Database) -> None:
    registry.choose("acme-salesforce", {"cadence_minutes": 5})
    plan()
    assert (len(starts(db)), len(starts(db, "globex-salesforce"))) == (12, 4)


def test_choices_that_nobody_can_read_stop_no_start(plan: Plan, registry: Registry, db: Database) -> None:
    registry.choose("acme-salesforce", {"cadence_minutes": "soon"})
    plan()
    assert len(starts(db)) == 4


def test_what_fell_due_in_twelve_cadences_without_a_tick_is_planned_by_the_next(plan: Plan, db: Database) -> None:
    plan(timedelta())
    assert plan(timedelta(), hours_down=3) == 24
    assert len(starts(db)) == 12
    assert starts(db) == sorted(starts(db))


def test_of_a_downtime_of_a_year_a_thousand_starts_are_kept_and_the_others_counted(plan: Plan, db: Database) -> None:
    plan(timedelta())
    plan(timedelta(), hours_down=24 * 365)
    with db.transaction() as conn:
        ((coalesced,),) = conn.execute("SELECT coalesced FROM crm.rhythms WHERE connection_id LIKE 'acme%'").fetchall()
    assert (len(starts(db)), coalesced) == (MOST_WAITING, 365 * 96 - MOST_WAITING)


@pytest.mark.parametrize("state", ["paused", "unauthorized", "removed"])
def test_a_connection_that_may_not_be_used_does_not_start_and_once_when_it_may_again(
    state: str, plan: Plan, registry: Registry, db: Database
) -> None:
    plan(timedelta())
    registry.mark("acme-salesforce", state, "for a reason")
    plan(timedelta(), hours_down=3)
    assert (len(starts(db)), len(starts(db, "globex-salesforce"))) == (0, 12)
    registry.mark("acme-salesforce", "active", "")
    plan(timedelta())
    assert len(starts(db)) == 1
