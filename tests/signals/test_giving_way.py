"""A book that nobody waits for lets others have the cores; what a person asks does not."""

import sys
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from tests.nices import nice
from tests.signals.conftest import Clicks
from tests.signals.things import Seller, add_accounts, found, sites

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows a thread's nice value")


def test_threads_of_a_first_look_at_a_book_give_way(click: Clicks, db: Database, seller: Seller) -> None:
    seen: set[int] = set()

    def script(site: str, _number: int) -> Any:
        seen.add(nice())
        return found(site)

    seller.script = script
    before = nice()
    add_accounts(db, "acme", sites(2))
    list(click.start(launch=1, work_class=WorkClass.HISTORY).run())
    assert seen == {10}
    seen.clear()
    add_accounts(db, "acme", sites(2, start=2))
    click()
    assert seen == {before}
