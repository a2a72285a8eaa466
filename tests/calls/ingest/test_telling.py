"""Health and metrics, over all processes of a server."""

import asyncio
import re

from nooks_dagster.calls.ingest.metrics import Backlog
from nooks_dagster.database.pool import Database
from tests.calls.ingest.things import Server, add_workspaces, ask, told

OUTCOMES = {"new": 10, "again": 10, "conflict": 1}


def metric(server: Server, name: str) -> float:
    """The value of one line of the page, 0 while there is none."""
    page = ask(server.port, "GET", "/metrics").body.decode()
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_a_server_that_can_take_calls_says_so(server: Server) -> None:
    reply = ask(server.port, "GET", "/healthz")
    assert (reply.status, reply.json) == (200, {"live": True, "ready": True})


def test_what_all_processes_did_is_counted_together(server: Server) -> None:
    names = {f'nooks_ingest_calls_total{{outcome="{outcome}"}}': count for outcome, count in OUTCOMES.items()}
    names['nooks_ingest_requests_total{route="/v1/calls",status="202"}'] = 20
    before = {name: metric(server, name) for name in names}
    for number in range(10):
        server.acme.send(told(f"metric-{number}"))
        server.acme.send(told(f"metric-{number}"))
    server.acme.send(told("metric-0", title="Other"))
    assert {name: metric(server, name) - before[name] for name in names} == names
    assert metric(server, 'nooks_ingest_seconds_count{route="/v1/calls"}') >= 21


def test_paths_of_strangers_are_one_route(server: Server) -> None:
    ask(server.port, "GET", "/a-strangers-path")
    page = ask(server.port, "GET", "/metrics").body.decode()
    assert 'route="other",status="404"' in page
    assert "strangers" not in page


def test_the_backlog_is_as_old_as_its_oldest_call(server: Server) -> None:
    server.acme.send(told("backlog"))
    assert "\nnooks_ingest_backlog_seconds " in ask(server.port, "GET", "/metrics").body.decode()


def test_postgres_is_asked_for_the_backlog_once_in_five_seconds(db: Database) -> None:
    add_workspaces(db, "acme")
    backlog = Backlog(db)
    assert age(backlog) == 0
    with db.transaction() as conn:
        conn.execute("""insert into calls.calls (workspace, call_id, body_sha256, submission, accepted_at)
            values ('acme', 'x', '', '{}', now() - interval '2 hours')""")
    assert age(backlog) == 0
    assert 7_200 <= age(Backlog(db)) < 7_300


def age(backlog: Backlog) -> float:
    asyncio.run(backlog.refresh())
    (told,) = backlog.collect()
    return float(told.samples[0].value)
