"""The group commit: what waits together is committed together, and each is answered by itself."""

import asyncio
from typing import Any

import pytest
from psycopg import errors

from nooks_dagster.calls.ingest import group_commit as groups
from nooks_dagster.calls.ingest.accepting import Accepted, Offer, OtherBody
from nooks_dagster.calls.ingest.group_commit import GroupCommit
from nooks_dagster.calls.submission import Submission
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Unavailable
from tests.calls.ingest.things import add_workspaces, offer
from tests.sql import rows


def send(url: str, *offers: Offer) -> list[Any]:
    async def all_at_once() -> list[Any]:
        group = GroupCommit(url, "r1")
        try:
            return await asyncio.gather(*(group.accept(one) for one in offers), return_exceptions=True)
        finally:
            await group.close()

    return asyncio.run(all_at_once())


@pytest.fixture(autouse=True)
def _workspaces(db: Database) -> None:
    add_workspaces(db, "acme")


def test_calls_that_wait_together_share_a_transaction(db: Database, database_url: str) -> None:
    answers = send(database_url, *(offer(str(number)) for number in range(250)))
    assert all(isinstance(answer, Accepted) and answer.new for answer in answers)
    ((calls, transactions),) = rows(db, "select count(*), count(distinct xmin::text) from calls.calls")
    assert (calls, transactions) == (250, 3)


def test_each_of_a_group_has_its_own_answer(database_url: str) -> None:
    answers = send(database_url, offer("a"), offer("a", title="Other"), offer("b"), offer("a"))
    assert [type(answer) for answer in answers] == [Accepted, OtherBody, Accepted, Accepted]
    assert [answer.new for answer in answers if isinstance(answer, Accepted)] == [True, True, False]


def test_a_call_that_postgres_refuses_harms_no_neighbour(db: Database, database_url: str) -> None:
    good, bad = offer("good"), offer("bad")
    large = dict(bad.submission) | {"title": "x" * 20_000}
    unkept = Offer("acme", Submission.model_construct(**large), bad.body_sha256)
    answers = send(database_url, good, unkept, offer("fine"))
    assert [type(answer) for answer in answers] == [Accepted, errors.CheckViolation, Accepted]
    assert rows(db, "select call_id from calls.calls order by 1") == [("fine",), ("good",)]


def test_more_than_can_wait_are_told_to_come_again(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_WAITING", 5)
    answers = send(database_url, *(offer(str(number)) for number in range(8)))
    assert [type(answer) for answer in answers] == [Accepted] * 5 + [Unavailable] * 3
