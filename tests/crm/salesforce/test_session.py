"""One login for all threads, one renewal, one retry budget."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from nooks_dagster.crm.access.keys import Exchange, Grant
from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.failures import Failure, Permanent, QuotaExhausted, RateLimited, Transient, Unauthorized
from tests.crm.salesforce.conftest import OpenSession
from tests.crm.salesforce.fake_org import KEYS, LOGIN, FakeOrg, Rerouted
from tests.crm.scripted import Answer
from tests.crm.throttles import Recorder

EXPIRED = Answer([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}], 401)
BUSY = Answer(raw=b"", status=503)


def test_nothing_is_asked_before_the_first_question(org: FakeOrg, session: Session) -> None:
    assert (org.logins, session.usage().calls) == (0, 0)


def test_a_dead_token_is_renewed_and_the_question_asked_again(org: FakeOrg, session: Session) -> None:
    org.answers.extend([EXPIRED, Answer({"ok": True})])
    assert session.get("limits", kind="control").body == {"ok": True}
    assert org.logins == 2
    assert org.tokens == ["00Dxx!token1", "00Dxx!token2"]
    assert org.pauses == [0.0]


def test_a_401_that_stays_ends_after_one_renewal(org: FakeOrg, session: Session) -> None:
    org.rule = lambda *_: EXPIRED
    with pytest.raises(Unauthorized):
        session.get("limits", kind="control")
    assert (org.logins, len(org.paths)) == (2, 2)


def test_a_token_that_dies_again_at_once_is_renewed_again(org: FakeOrg, session: Session) -> None:
    org.answers.append(Answer({}))
    session.get("limits", kind="control")
    org.answers.extend([EXPIRED, EXPIRED, Answer({})])
    session.get("limits", kind="control")
    assert org.logins == 3


def test_threads_that_meet_a_dead_token_log_in_once(org: FakeOrg, session: Session) -> None:
    org.rule = lambda *_: Answer({"ok": True})
    session.get("limits", kind="control")
    org.rule = lambda _path, token: EXPIRED if token == "00Dxx!token1" else Answer({"ok": True})
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: session.get("limits", kind="control").body, range(8)))
    assert replies == [{"ok": True}] * 8
    assert org.logins == 2


def test_a_refused_login_is_not_tried_again_by_other_threads(org: FakeOrg, session: Session) -> None:
    org.login_answers.extend([Answer({"error": "invalid_grant"}, 400)] * 9)
    with ThreadPoolExecutor(4) as pool:
        outcomes = [pool.submit(session.get, "limits", kind="control") for _ in range(4)]
    assert all(isinstance(outcome.exception(), Unauthorized) for outcome in outcomes)
    assert org.logins == 1


def test_a_request_is_sent_five_times_in_all_and_no_more(org: FakeOrg, session: Session) -> None:
    org.rule = lambda *_: BUSY
    with pytest.raises(Transient):
        session.get("limits", kind="control")
    assert len(org.paths) == 5
    assert len(org.pauses) == 4
    assert session.usage().by_kind == {"login": 1, "control": 5}


def test_a_renewed_token_spends_from_the_same_budget(org: FakeOrg, session: Session) -> None:
    org.answers.append(EXPIRED)
    org.rule = lambda *_: BUSY
    with pytest.raises(Transient):
        session.get("limits", kind="control")
    assert len(org.paths) == 5


def test_an_outage_at_login_spends_from_the_same_budget(org: FakeOrg, session: Session) -> None:
    org.login_answers.extend([BUSY] * 9)
    with pytest.raises(Transient):
        session.get("limits", kind="control")
    assert org.logins == 5


def test_the_wait_that_was_asked_for_is_kept(org: FakeOrg, session: Session) -> None:
    org.answers.append(Answer(raw=b"", status=429, headers={"Retry-After": "7"}))
    org.answers.append(Answer(raw=b"", status=503, headers={"Retry-After": "Fri, 20 Nov 2026 10:00:09 GMT"}))
    org.answers.append(Answer({}))
    session.get("limits", kind="control")
    assert 7 <= org.pauses[0] <= 8
    assert 9 <= org.pauses[1] <= 10


def test_a_long_wait_is_left_to_the_ledger(org: FakeOrg, session: Session) -> None:
    org.answers.append(Answer(raw=b"", status=429, headers={"Retry-After": "600"}))
    with pytest.raises(RateLimited) as caught:
        session.get("limits", kind="control")
    assert caught.value.retry_in is not None
    assert caught.value.retry_in.total_seconds() == 600
    assert len(org.paths) == 1


@pytest.mark.parametrize(("code", "failure"), [("REQUEST_LIMIT_EXCEEDED", QuotaExhausted), ("X", Permanent)])
def test_what_cannot_help_is_not_tried_again(org: FakeOrg, session: Session, code: str, failure: type[Failure]) -> None:
    org.answers.append(Answer([{"errorCode": code, "message": ""}], 403 if failure is QuotaExhausted else 400))
    with pytest.raises(failure):
        session.get("limits", kind="control")
    assert len(org.paths) == 1


def test_a_reply_tells_the_servers_time_not_ours(org: FakeOrg, session: Session) -> None:
    org.answers.append(Answer({}))
    reply = session.get("limits", kind="control")
    assert reply.at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert reply.began <= reply.at


def test_a_new_login_may_lead_to_another_host(org: FakeOrg, session: Session) -> None:
    elsewhere = {"access_token": "00Dxx!moved", "instance_url": "https://acme2.my.salesforce.com"}
    org.answers.extend([EXPIRED, Answer({})])
    org.login_answers.extend(
        [Answer({"access_token": "a", "instance_url": "https://a.my.salesforce.com"}), Answer(elsewhere)]
    )
    session.get("limits", kind="control")
    assert session.host == "acme2.my.salesforce.com"


def test_the_throttle_stands_before_every_try_and_hears_the_allowance(org: FakeOrg, open_session: OpenSession) -> None:
    throttle = Recorder()
    session = open_session(throttle)
    org.answers.append(BUSY)
    org.answers.append(Answer({}, headers={"Sforce-Limit-Info": "api-usage=18/5000"}))
    session.get("limits", kind="control")
    assert throttle.families == ["login", "api", "api"]
    assert throttle.told == [(18, 5000)]
    assert (session.usage().used, session.usage().limit) == (18, 5000)


def test_a_throttle_that_refuses_is_obeyed_at_once(org: FakeOrg, open_session: OpenSession) -> None:
    throttle = Recorder()
    throttle.spent = True
    with pytest.raises(QuotaExhausted):
        open_session(throttle).get("limits", kind="control")
    assert org.logins == 0


def test_a_signed_token_is_a_way_in(org: FakeOrg, open_session: OpenSession) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    org.answers.append(Answer({"ok": True}))
    session = open_session(username="ann@acme.com", consumer_key="key", privatekey=key.decode())
    assert session.get("limits", kind="control").body == {"ok": True}


def test_a_private_key_that_is_none_is_told_before_anything_is_sent(org: FakeOrg, open_session: OpenSession) -> None:
    session = open_session(username="ann@acme.com", consumer_key="key", privatekey="hush")
    with pytest.raises(Permanent, match="private key cannot be used") as caught:
        session.get("limits", kind="control")
    assert "hush" not in str(caught.value)
    assert org.logins == 0


class OthersTokens:
    """Tokens that other processes got, all of them dead by now, before one has to log in oneself."""

    def __init__(self) -> None:
        self.dead: list[str] = []

    def secret(self) -> Mapping[str, str]:
        return KEYS

    def grant(self, dead: str, exchange: Exchange, *, by_refresh: bool) -> Grant:
        self.dead.append(dead)
        kept = Grant(f"dead{len(self.dead)}", "acme.my.salesforce.com", kept=True)
        return kept if len(self.dead) < 4 else exchange(KEYS)


def test_tokens_of_other_processes_that_died_are_no_refusal(org: FakeOrg) -> None:
    keys = OthersTokens()
    session = Session(Credentials.read(KEYS), "acme-salesforce", Unthrottled(), sleep=org.pauses.append, keys=keys)
    session._line.mount("https://", Rerouted(org.port))
    org.rule = lambda _path, token: EXPIRED if token.startswith("dead") else Answer({"ok": True})
    assert session.get("limits", kind="control").body == {"ok": True}
    assert keys.dead == ["", "dead1", "dead2", "dead3"]
    assert org.logins == 1


def test_a_refresh_token_is_a_way_in_and_the_new_one_is_handed_on(org: FakeOrg, open_session: OpenSession) -> None:
    org.login_answers.append(Answer({**LOGIN, "refresh_token": "r2"}))
    org.login_answers.append(Answer(LOGIN))
    org.answers.extend([EXPIRED, Answer({"ok": True})])
    session = open_session(consumer_key="key", consumer_secret="hush", refresh_token="r1", domain="acme.my")
    assert session.get("limits", kind="control").body == {"ok": True}
    assert [form["refresh_token"] for form in org.forms] == [["r1"], ["r2"]]
    assert session.host == "acme.my.salesforce.com"
