"""One token for all threads, one renewal, one retry budget; what HubSpot tells is passed on."""

import gzip
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nooks_dagster.crm.access.json_text import parsed
from nooks_dagster.crm.hubspot import paths, tokens
from nooks_dagster.crm.hubspot.session import ASSOCIATIONS, SEARCH, Reply, Session
from nooks_dagster.failures import Corrupt, Failure, Permanent, QuotaExhausted, RateLimited, Transient, Unauthorized
from tests.crm.hubspot.conftest import OpenSession
from tests.crm.hubspot.fake_portal import APP, KEY, FakePortal
from tests.crm.scripted import Answer
from tests.crm.throttles import Recorder

OK = Answer({"results": []})
EXPIRED = Answer({"status": "error", "category": "EXPIRED_AUTHENTICATION", "message": "expired"}, 401)
BUSY = Answer(raw=b"", status=503)
OWNERS = paths.owners()


def rate_headers(*, left: int = 624_000, calls: int = 190) -> Mapping[str, Any]:
    start = "X-HubSpot-RateLimit-"
    headers = {"Max": calls, "Interval-Milliseconds": 10_000, "Daily": 625_000, "Daily-Remaining": left}
    return {start + name: str(value) for name, value in headers.items()}


def ask(session: Session) -> Reply:
    return session.get(OWNERS, kind="owners")


def test_nothing_is_asked_before_the_first_question(portal: FakePortal, session: Session) -> None:
    assert (portal.asked, portal.logins, session.usage().calls) == ([], [], 0)


def test_a_question_goes_out_as_it_was_asked(portal: FakePortal, session: Session) -> None:
    portal.answers.append(OK)
    params = [("limit", "100"), ("properties", "email,näme"), ("archived", "true")]
    session.get(paths.objects("2-17/x"), kind="list", params=params)
    asked = portal.asked[0]
    assert (asked.method, asked.path) == (
        "GET",
        "/crm/v3/objects/2-17%2Fx?limit=100&properties=email,n%C3%A4me&archived=true",
    )
    assert asked.headers["Authorization"] == f"Bearer {KEY['access_token']}"
    assert asked.headers["Accept-Encoding"] == "gzip"


def test_a_long_question_is_posted_as_json(portal: FakePortal, session: Session) -> None:
    portal.answers.append(OK)
    body = {"inputs": [{"id": "1"}], "properties": ["näme"]}
    session.post(paths.batch_read("contacts"), body, kind="batch_read", params=[("archived", "true")])
    asked = portal.asked[0]
    assert (asked.method, asked.path) == ("POST", "/crm/v3/objects/contacts/batch/read?archived=true")
    assert asked.headers["Content-Type"] == "application/json"
    assert parsed(asked.body) == body


def test_all_addresses_move_to_a_dated_version_at_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "DATED", "2026-09")
    assert paths.search("deals") == "/crm/objects/2026-09/deals/search"
    assert paths.associations("deals", "contacts") == "/crm/associations/2026-09/deals/contacts/batch/read"
    assert paths.account() == "/account-info/2026-09/details"


def test_a_reply_tells_the_servers_time_not_ours(portal: FakePortal, session: Session) -> None:
    portal.answers.append(OK)
    reply = ask(session)
    assert reply.at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert reply.at - timedelta(seconds=60) < reply.began <= reply.at
    assert reply.at <= session.clock()


def test_the_clock_and_the_portals_number_come_by_one_question(portal: FakePortal, session: Session) -> None:
    portal.answers.append(Answer({"portalId": 4711}))
    assert session.hub_id == 4711
    assert session.hub_id == 4711
    assert session.clock().year == 2026
    assert [asked.path for asked in portal.asked] == ["/account-info/v3/details"]


def test_an_account_without_a_number_is_told(portal: FakePortal, session: Session) -> None:
    portal.answers.append(Answer({"portalId": None}))
    with pytest.raises(Corrupt, match="number"):
        _ = session.hub_id


def test_a_batch_that_misses_some_ids_is_an_answer(portal: FakePortal, session: Session) -> None:
    portal.answers.append(Answer({"status": "COMPLETE", "results": [], "errors": [{"context": {"ids": ["7"]}}]}, 207))
    reply = session.post(paths.batch_read("contacts"), {"inputs": [{"id": "7"}]}, kind="batch_read")
    assert reply.json()["errors"][0]["context"] == {"ids": ["7"]}


def test_half_a_surrogate_pair_does_not_stop_an_answer(portal: FakePortal, session: Session) -> None:
    portal.answers.append(Answer(raw=b'{"name":"\\ud83d"}'))
    assert ask(session).json() == {"name": "\ud83d"}


def test_the_app_fetches_a_token_once_for_all_threads(portal: FakePortal, open_session: OpenSession) -> None:
    session = open_session(**APP)
    portal.rule = lambda _: OK
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(session), range(8)))
    assert portal.logins == [{"grant_type": ["refresh_token"], **{name: [value] for name, value in APP.items()}}]
    assert set(portal.tokens) == {"token1"}


def test_a_dead_token_is_renewed_once_and_the_question_asked_again(
    portal: FakePortal, open_session: OpenSession
) -> None:
    session = open_session(**APP)
    portal.rule = lambda asked: EXPIRED if asked.headers["Authorization"].endswith("token1") else OK
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(session), range(8)))
    assert len(portal.logins) == 2
    assert set(portal.pauses) == {0.0}


def test_a_token_is_renewed_before_its_end(
    portal: FakePortal, open_session: OpenSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(**APP)
    portal.rule = lambda _: OK
    began = time.monotonic()
    ask(session)
    for passed in (1500, 1800):
        monkeypatch.setattr(tokens.time, "monotonic", lambda passed=passed: began + passed)
        ask(session)
    assert portal.tokens == ["token1", "token1", "token2"]


@pytest.mark.parametrize("secret", [KEY, APP])
def test_a_401_that_stays_ends_after_one_more_try(
    portal: FakePortal, open_session: OpenSession, secret: dict[str, str]
) -> None:
    portal.rule = lambda _: EXPIRED
    with pytest.raises(Unauthorized):
        ask(open_session(**secret))
    assert len(portal.asked) == 2


def test_a_401_that_passes_does_no_harm(portal: FakePortal, session: Session) -> None:
    portal.answers.extend([EXPIRED, OK])
    ask(session)
    assert portal.pauses == [0.0]


def test_a_refused_login_is_not_tried_again_by_other_threads(portal: FakePortal, open_session: OpenSession) -> None:
    session = open_session(**APP)
    portal.login_answers.extend([Answer({"status": "BAD_REFRESH_TOKEN"}, 400)] * 9)
    with ThreadPoolExecutor(4) as pool:
        outcomes = [pool.submit(ask, session) for _ in range(4)]
    assert all(isinstance(outcome.exception(), Unauthorized) for outcome in outcomes)
    assert len(portal.logins) == 1


def test_a_request_is_sent_five_times_in_all_and_no_more(portal: FakePortal, session: Session) -> None:
    portal.rule = lambda _: BUSY
    with pytest.raises(Transient):
        session.post(paths.search("contacts"), {}, kind="search", family=SEARCH)
    assert (len(portal.asked), len(portal.pauses)) == (5, 4)
    assert session.usage().by_kind == {"search": 5}


def test_fewer_tries_may_be_asked_for(portal: FakePortal, session: Session) -> None:
    portal.rule = lambda _: BUSY
    with pytest.raises(Transient):
        session.get(OWNERS, kind="owners", tries=2)
    assert len(portal.asked) == 2


@pytest.mark.parametrize(
    ("answer", "least"),
    [
        (Answer({"policyName": "TEN_SECONDLY_ROLLING"}, 429), 10),
        (Answer({"policyName": "SECONDLY"}, 429), 1),
        (Answer({"policyName": "SECONDLY"}, 429, {"Retry-After": "7"}), 7),
        (Answer(raw=b"", status=429), 10),
        (Answer({"message": "locked"}, 423), 2),
        (Answer(raw=b"", status=503, headers={"Retry-After": "Fri, 20 Nov 2026 10:00:09 GMT"}), 9),
    ],
)
def test_the_wait_that_is_asked_for_is_kept(portal: FakePortal, session: Session, answer: Answer, least: int) -> None:
    portal.answers.extend([answer, OK])
    ask(session)
    assert least <= portal.pauses[0] <= least + 1


@pytest.mark.parametrize(("status", "kind"), [(477, RateLimited), (429, RateLimited), (503, Transient)])
def test_a_long_wait_is_left_to_the_ledger(
    portal: FakePortal, session: Session, status: int, kind: type[Failure]
) -> None:
    portal.answers.append(Answer(raw=b"", status=status, headers={"Retry-After": "36000"}))
    with pytest.raises(kind) as caught:
        ask(session)
    assert isinstance(caught.value, Transient)
    assert caught.value.retry_in == timedelta(hours=10)
    assert len(portal.asked) == 1


@pytest.mark.parametrize(
    ("answer", "failure"),
    [(Answer({"policyName": "DAILY"}, 429), QuotaExhausted), (Answer({}, 400), Permanent)],
)
def test_what_cannot_help_is_not_tried_again(
    portal: FakePortal, session: Session, answer: Answer, failure: type[Failure]
) -> None:
    portal.answers.append(answer)
    with pytest.raises(failure):
        ask(session)
    assert len(portal.asked) == 1


def test_a_connection_that_breaks_in_the_middle_of_an_answer_is_tried_again(
    portal: FakePortal, session: Session
) -> None:
    portal.answers.append(Answer(raw=b'{"a":', headers={"Content-Length": "100", "Connection": "close"}))
    portal.answers.append(OK)
    assert ask(session).json() == {"results": []}


@pytest.mark.parametrize(
    "body",
    [pytest.param(b"no zip", id="not zipped"), pytest.param(gzip.compress(b'{"results":[]}')[:-9], id="cut off")],
)
def test_what_cannot_be_unzipped_is_tried_again(portal: FakePortal, session: Session, body: bytes) -> None:
    portal.answers.append(Answer(raw=body, headers={"Content-Encoding": "gzip"}))
    portal.answers.append(OK)
    assert ask(session).json() == {"results": []}


def test_a_zipped_answer_may_have_several_members(portal: FakePortal, session: Session) -> None:
    body = gzip.compress(b'{"results"') + gzip.compress(b":[]}")
    portal.answers.append(Answer(raw=body, headers={"Content-Encoding": "gzip"}))
    assert ask(session).json() == {"results": []}
    assert len(portal.asked) == 1


def test_a_redirect_is_not_followed_with_the_token(portal: FakePortal, session: Session) -> None:
    portal.rule = lambda _: Answer(raw=b"", status=302, headers={"Location": "/elsewhere"})
    with pytest.raises(Transient):
        ask(session)
    assert {asked.path for asked in portal.asked} == {OWNERS}


def test_the_throttle_stands_around_every_try_and_hears_what_is_told(
    portal: FakePortal, open_session: OpenSession
) -> None:
    throttle = Recorder()
    session = open_session(throttle, **APP)
    portal.answers.extend([BUSY, Answer({}, headers={**rate_headers()})])
    ask(session)
    assert throttle.families == ["login", "api", "api"]
    assert throttle.rates == [("api", 190, timedelta(seconds=10))]
    assert throttle.told == [(1000, 625_000)]
    assert (session.usage().used, session.usage().limit) == (1000, 625_000)


def test_a_refusal_tells_the_allowance_too(portal: FakePortal, open_session: OpenSession) -> None:
    throttle = Recorder()
    portal.answers.append(Answer({"policyName": "DAILY"}, 429, {**rate_headers(left=0)}))
    with pytest.raises(QuotaExhausted):
        ask(open_session(throttle))
    assert throttle.told == [(625_000, 625_000)]


def test_the_allowance_of_associations_is_one_of_their_own(portal: FakePortal, open_session: OpenSession) -> None:
    throttle = Recorder()
    session = open_session(throttle)
    for told in (80, 190):  # the latter is that of all calls, and no leave for more of these
        portal.answers.append(Answer({}, headers={**rate_headers(calls=told)}))
        session.post(paths.associations("deals", "contacts"), {}, kind="associations", family=ASSOCIATIONS)
    assert throttle.rates == [("associations", calls, timedelta(seconds=10)) for calls in (80, 100)]
    assert throttle.told == []


@pytest.mark.parametrize("headers", [{}, {"X-HubSpot-RateLimit-Max": "many", "X-HubSpot-RateLimit-Daily": "-1"}])
def test_headers_that_tell_nothing_are_passed_over(
    portal: FakePortal, open_session: OpenSession, headers: dict[str, str]
) -> None:
    throttle = Recorder()
    portal.answers.append(Answer({}, headers=headers))
    ask(open_session(throttle))
    assert (throttle.rates, throttle.told) == ([], [])


def test_a_throttle_that_refuses_is_obeyed_at_once(portal: FakePortal, open_session: OpenSession) -> None:
    throttle = Recorder()
    throttle.spent = True
    with pytest.raises(QuotaExhausted):
        ask(open_session(throttle))
    assert portal.asked == []
