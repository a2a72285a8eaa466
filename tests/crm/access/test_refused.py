"""Refused credentials mark their connection, and those of yesterday mark none."""

from typing import NoReturn

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Unauthorized
from nooks_dagster.workspaces.registry import Registry
from tests.crm.conftest import Click
from tests.crm.fake_crm import FakeCrm, row


def test_refused_credentials_mark_the_connection(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({}, objects="Unauthorized")
    assert click() == []
    assert Registry(db).connection("acme-salesforce").state == "unauthorized"


def test_credentials_that_a_chunk_is_refused_with_mark_the_connection(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(1)]}, Account="Unauthorized")
    click()
    connection = Registry(db).connection("acme-salesforce")
    assert (connection.state, connection.state_reason) == ("unauthorized", "Account: it is broken")


def test_a_repair_is_not_undone_by_a_run_that_had_the_old_credentials(
    crm: FakeCrm, click: Click, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused_after_the_repair() -> NoReturn:
        Registry(db).add_connection("acme", "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
        raise Unauthorized("the credentials were refused")

    monkeypatch.setattr(crm, "objects", refused_after_the_repair)
    assert click() == []
    assert Registry(db).connection("acme-salesforce").state == "active"
