"""Accepting: one call is one row and one item of work, whoever sends it how often."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nooks_dagster.calls.ingest.accepting import Accepted, Answer, OtherBody, Refused, accept, accept_all
from nooks_dagster.calls.model import WORKED
from nooks_dagster.calls.submission import Submission
from nooks_dagster.calls.work import CALLS, CHANNEL
from nooks_dagster.database.pool import Database, connect
from nooks_dagster.ledger.items import WorkClass
from tests.calls.ingest.things import add_workspaces, offer
from tests.sql import rows

ITEMS = "select queue, scope, lane, key, class, payload, release from work.items order by key::bigint"


@pytest.fixture(autouse=True)
def _workspaces(db: Database) -> None:
    add_workspaces(db, "acme", "globex")


def test_a_call_is_kept_planned_and_told_to_who_listens(db: Database, database_url: str) -> None:
    listener = connect(database_url, autocommit=True)
    listener.execute(f"listen {CHANNEL}".encode())
    one = offer(recording={"uri": "gs://lake/recordings/workspace=acme/x.wav"})
    with db.transaction() as conn:
        kept = accept(conn, "acme", one.submission, one.body_sha256, "r1")
    assert [note.channel for note in listener.notifies(timeout=60, stop_after=1)] == [CHANNEL]
    listener.close()
    assert (kept.call_id, kept.new) == ("one", True)
    payload = {"call": kept.id, "stages": [stage.value for stage in WORKED]}
    assert rows(db, ITEMS) == [(CALLS.name, "calls/acme", "calls/acme", str(kept.id), 0, payload, "r1")]
    ((submission, state),) = rows(db, "select submission, state from calls.calls")
    assert state == "accepted"
    assert Submission.model_validate_json(json.dumps(submission)) == one.submission


def test_the_same_call_again_is_no_second_one_and_another_body_under_its_id_is_refused(db: Database) -> None:
    first, again, other = offer(), offer(), offer(title="Other")
    with db.transaction() as conn:
        (kept,) = accept_all(conn, [first], "r1")
    with db.transaction() as conn:
        answers = accept_all(conn, [again, other], "r2")
    assert isinstance(kept, Accepted)
    assert answers[0] == Accepted(kept.id, "one", new=False)
    assert isinstance(answers[1], OtherBody)
    assert "one" not in str(answers[1]).replace("one of", "")
    assert rows(db, "select count(*) from work.items") == [(1,)]


def test_an_id_belongs_to_its_workspace(db: Database) -> None:
    with db.transaction() as conn:
        answers = accept_all(conn, [offer(), offer(workspace="globex", title="Other")], "r1")
    assert [isinstance(answer, Accepted) and answer.new for answer in answers] == [True, True]


def test_of_a_group_each_is_answered_by_itself(db: Database) -> None:
    group = [
        offer("b"),
        offer("a", work_class=WorkClass.ASKED),
        offer("b"),
        offer("b", title="Other"),
        offer("z", "none"),
    ]
    with db.transaction() as conn:
        answers = accept_all(conn, group, "r1")
    assert [getattr(answer, "new", type(answer)) for answer in answers] == [True, True, False, OtherBody, Refused]
    assert [row[4] for row in rows(db, ITEMS)] == [WorkClass.ASKED, WorkClass.LIVE]


def test_a_workspace_that_is_unknown_keeps_nothing(db: Database) -> None:
    one = offer()
    with db.transaction() as conn, pytest.raises(Refused, match="no such workspace"):
        accept(conn, "nobody", one.submission, one.body_sha256, "r1")
    assert rows(db, "select count(*) from calls.calls") == [(0,)]


def test_while_a_workspace_is_being_removed_its_calls_are_refused_and_others_do_not_wait(db: Database) -> None:
    with db.transaction() as removing:
        removing.execute("select from workspaces.workspaces where name = 'acme' for update")
        with db.transaction() as conn:
            its_own, other = accept_all(conn, [offer("one", "acme"), offer("two", "globex")], "r1")
    assert isinstance(its_own, Refused)
    assert isinstance(other, Accepted)
    assert rows(db, "select workspace from calls.calls") == [("globex",)]


def test_two_who_accept_the_same_calls_at_once_keep_each_once(db: Database) -> None:
    begin = threading.Barrier(4)

    def send(turn: int) -> list[Answer]:
        group = [offer(str(number), title=f"body {turn % 2}") for number in range(30)]
        begin.wait()
        with db.transaction() as conn:
            return accept_all(conn, group[:: 1 if turn < 2 else -1], "r1")

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for some in pool.map(send, range(4)) for answer in some]
    assert sum(isinstance(answer, Accepted) and answer.new for answer in answers) == 30
    assert sum(isinstance(answer, OtherBody) for answer in answers) == 60
    assert rows(db, "select count(*), count(distinct key) from work.items") == [(30, 30)]
