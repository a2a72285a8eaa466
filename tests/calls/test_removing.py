"""A workspace that is removed leaves nothing of its calls, whoever is at them."""

from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from nooks_dagster.calls.ingest.accepting import Accepted, Refused, accept_all
from nooks_dagster.calls.ingest.keys import Keys
from nooks_dagster.calls.removing import forget_workspace
from nooks_dagster.calls.work import CALLS
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.calls.ingest.things import add_workspaces, offer
from tests.crm.lifecycle.test_removing import traces
from tests.sql import rows

ALL_OF_A_CALL = """
insert into calls.stages (call, stage, status, release, started_at, ended_at, fence)
    values (%(id)s, 'validate', 'done', 'r', now(), now(), 1);
insert into calls.recordings (workspace, sha256, call) values (%(workspace)s, 'x', %(id)s);
insert into calls.deliveries (call, integration, kind, workspace, key, digest)
    values (%(id)s, %(webhook)s, 'webhook', %(workspace)s, 'k', '');
insert into calls.webhooks (id, workspace, url, secret_ref) values (%(webhook)s, %(workspace)s, 'https://x', %(ref)s);
insert into calls.lanes (integration, next_at) values (%(webhook)s, now());
insert into calls.options (workspace, language) values (%(workspace)s, 'de');
insert into calls.hours (hour, workspace, accepted, recorded, refused, dead, open)
    values (now(), %(workspace)s, 1, 0, 0, 0, 1)
"""
LEASE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> FileSecrets:
    return FileSecrets(tmp_path / "secrets")


@pytest.fixture
def filled(db: Database, store: FileSecrets) -> None:
    """Two workspaces, each with a key and a call of which everything is kept that there is."""
    add_workspaces(db, "acme", "globex")
    for workspace in ("acme", "globex"):
        Keys(db, store).add(workspace)
        values = {"workspace": workspace, "webhook": f"hook-{workspace}"}
        values["ref"] = store.put(f"hook-{workspace}", {"secret": "s"})
        with db.transaction() as conn:
            (kept,) = accept_all(conn, [offer(workspace=workspace)], "r")
            assert isinstance(kept, Accepted)
            for statement in ALL_OF_A_CALL.split(";"):
                conn.execute(statement.encode(), values | {"id": kept.id})


@pytest.mark.usefixtures("filled")
def test_rows_and_secrets_of_a_workspace_go_and_those_of_others_stay(db: Database, store: FileSecrets) -> None:
    others = traces(db, "globex")
    with db.transaction() as conn:
        assert forget_workspace(conn, store, "acme") >= 6
        assert forget_workspace(conn, store, "acme") == 0
    assert set(traces(db, "acme")) <= {"workspaces.workspaces"}
    assert traces(db, "globex") == others
    assert rows(db, "select count(*) from calls.stages") == [(1,)]
    left = {path.name for path in store.folder.iterdir()}
    assert len(left) == 2
    assert "hook-globex.json" in left


@pytest.mark.usefixtures("filled")
def test_who_works_on_a_call_of_it_commits_nothing(db: Database, store: FileSecrets) -> None:
    ledger = Ledger(db, "worker", LEASE)
    claims = ledger.claim(CALLS, limit=2)
    with db.transaction() as conn:
        forget_workspace(conn, store, "acme")
    for claim in claims:
        lost = pytest.raises(LostLease) if claim.item.scope == "calls/acme" else nullcontext()
        with lost, db.transaction() as conn:
            ledger.complete(conn, claim, {})


@pytest.mark.usefixtures("filled")
def test_a_call_that_comes_as_its_workspace_goes_is_refused_at_once(db: Database, store: FileSecrets) -> None:
    with db.transaction() as conn:
        forget_workspace(conn, store, "acme")
        with db.transaction() as meanwhile:
            answers = accept_all(meanwhile, [offer("late")], "r")
        conn.execute("delete from workspaces.workspaces where name = 'acme'")
    assert [type(answer) for answer in answers] == [Refused]
    assert rows(db, "select workspace from calls.calls") == [("globex",)]
