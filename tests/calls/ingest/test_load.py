"""The load of `make bench-ingest`: every call that it counts was accepted."""

from benchmarks.ingest import send
from tests.calls.ingest.things import Server
from tests.sql import rows


def test_as_many_calls_are_kept_as_were_sent(server: Server) -> None:
    before = rows(server.db, "select count(*) from calls.calls")[0][0]
    took = send(server.port, server.acme.key, calls=24, connections=3)
    assert len(took) == 24
    assert took == sorted(took)
    assert rows(server.db, "select count(*) from calls.calls")[0][0] == before + 24
