"""HubSpot is down for all portals at once: after some tries nobody asks any more, and all go on when it is back."""

import pytest

from nooks_dagster.crm.access.allowance import SharedAllowance
from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.kind import HUBSPOT
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import SourceDown, Unanswered
from nooks_dagster.ledger.items import WorkClass
from tests.crm.hubspot.conftest import OpenSession
from tests.crm.hubspot.fake_portal import FakePortal
from tests.crm.scripted import Answer

OK, BUSY, NO = Answer({"results": []}), Answer(raw=b"", status=503), Answer({"category": "MISSING_SCOPES"}, 403)


@pytest.fixture
def sessions(db: Database, open_session: OpenSession) -> list[Session]:
    """Three customers' sessions, each held back as in a sync."""
    names = ("acme-hubspot", "globex-hubspot", "initech-hubspot")
    return [open_session(SharedAllowance(db, name, WorkClass.INCREMENTAL, HUBSPOT)) for name in names]


def ask(session: Session) -> None:
    session.get(paths.owners(), kind="owners")


def test_after_thirteen_requests_in_vain_nothing_is_sent_until_one_is_answered(
    sessions: list[Session], portal: FakePortal, db: Database
) -> None:
    portal.rule = lambda _: BUSY
    for session in sessions[:2]:
        with pytest.raises(Unanswered):
            ask(session)
    with pytest.raises(SourceDown):
        ask(sessions[2])
    sent = len(portal.asked)
    assert sent == 5 + 5 + 3
    for session in sessions:
        with pytest.raises(SourceDown, match="hubspot has answered nobody since"):
            ask(session)
    assert len(portal.asked) == sent
    portal.rule = lambda _: OK
    with db.transaction() as conn:
        conn.execute("update budgets.breakers set next_probe_at = now()")
    for session in sessions:
        ask(session)
    assert len(portal.asked) == sent + 3


def test_a_portal_that_is_answered_keeps_the_line_open_for_those_that_are_not(
    sessions: list[Session], portal: FakePortal
) -> None:
    portal.rule = lambda _: OK
    ask(sessions[0])
    portal.rule = lambda _: BUSY
    for session in sessions:
        with pytest.raises(Unanswered):
            ask(session)


def test_refusals_are_answers(sessions: list[Session], portal: FakePortal) -> None:
    portal.rule = lambda _: NO
    for session in sessions * 5:
        with pytest.raises(Exception, match="lacks a scope"):
            ask(session)
    assert len(portal.asked) == 15
