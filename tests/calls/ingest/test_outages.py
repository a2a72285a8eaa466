"""Outages: while Postgres or the lake is away nothing is half done, and afterwards all is as before."""

import asyncio
import re
from pathlib import Path

import pytest
from google.cloud import storage

from nooks_dagster.calls.ingest import group_commit as groups
from nooks_dagster.calls.ingest import keyring as keyrings
from nooks_dagster.calls.ingest.accepting import Accepted
from nooks_dagster.calls.ingest.group_commit import GroupCommit
from nooks_dagster.calls.ingest.keyring import Keyring
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Unavailable
from nooks_dagster.lake import sessions
from nooks_dagster.lake.sessions import UploadSessions
from nooks_dagster.local.ports import free_port
from tests.calls.ingest.things import Server, add_workspaces, ask, offer, told
from tests.sql import rows


def test_without_postgres_a_call_is_refused_for_now_and_taken_when_it_is_back(server: Server) -> None:
    assert server.acme.send(told("before")).status == 202
    server.wire.cut()
    try:
        reply = server.acme.send(told("meanwhile"))
        assert (reply.status, reply.error["code"], reply.headers["retry-after"]) == (503, "unavailable", "5")
        assert ask(server.port, "GET", "/metrics").status == 200
    finally:
        server.wire.mend()
    assert re.search(r"^[-\d]+ [:,\d]+ nooks_dagster\S+ a call was not accepted", server.log.read_text(), re.MULTILINE)
    assert rows(server.db, "select count(*) from calls.calls where call_id = 'meanwhile'") == [(0,)]
    assert {server.acme.send(told("meanwhile")).status for _ in range(8)} == {202}


def test_a_restart_of_postgres_between_two_calls_is_not_noticed(server: Server) -> None:
    assert {server.acme.send(told(f"restart-{number}")).status for number in range(8)} == {202}
    server.wire.cut()
    server.wire.mend()
    assert {server.acme.send(told(f"restarted-{number}")).status for number in range(8)} == {202}


def test_a_process_that_hears_nothing_of_postgres_is_not_ready(tmp_path: Path) -> None:
    async def look(ring: Keyring) -> bool:
        await ring.load()
        with pytest.raises(Unavailable):
            await ring.find("nk_1")
        return ring.ready

    assert not asyncio.run(look(Keyring(Database(f"postgresql://nooks@127.0.0.1:{free_port()}/x", 1), tmp_path)))


def test_keys_that_were_not_confirmed_for_a_minute_count_no_longer(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look() -> None:
        ring = Keyring(db, tmp_path)
        await ring.load()
        assert ring.ready
        assert await ring.find("nk_1") is None
        monkeypatch.setattr(keyrings, "TRUST_SECONDS", -1)
        with pytest.raises(Unavailable):
            await ring.find("nk_1")

    asyncio.run(look())


def test_a_postgres_that_hangs_is_given_up_and_what_waited_is_not_kept_late(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_workspaces(db, "acme")

    async def send() -> None:
        group = GroupCommit(database_url, "r1")
        assert isinstance(await group.accept(offer("first")), Accepted)
        monkeypatch.setattr(groups, "PATIENCE_SECONDS", 0.2)
        with db.transaction() as conn:
            conn.execute("lock table calls.calls in exclusive mode")
            told = await asyncio.gather(*(group.accept(offer(f"{n}")) for n in range(3)), return_exceptions=True)
            late = asyncio.gather(*(group.accept(offer(f"late-{n}")) for n in range(3)), return_exceptions=True)
            assert [type(one) for one in [*told, *(await late)]] == [Unavailable] * 6
        await group.close()

    asyncio.run(send())
    assert not {row[0] for row in rows(db, "select call_id from calls.calls")} & {"late-0", "late-1", "late-2"}


def test_a_lake_that_is_away_opens_no_upload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(sessions, "SECONDS", 1)
    with pytest.raises(Unavailable):
        UploadSessions("b", storage.Client(project="x")).open("recordings/workspace=acme/x.wav", "audio/wav", 1)
