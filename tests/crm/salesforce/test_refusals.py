"""Whatever an org answers, one failure comes out of it, in words and without anybody's data."""

import pytest

from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.failures import (
    Failure,
    Permanent,
    QuotaExhausted,
    RateLimited,
    Transient,
    Unanswered,
    Unauthorized,
    word_for,
)
from tests.crm.salesforce.conftest import OpenSession
from tests.crm.salesforce.fake_org import FakeOrg
from tests.crm.scripted import Answer

HTML = {"Content-Type": "text/html;charset=UTF-8"}
FAULT = b"""<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="s" xmlns:sf="f"><soapenv:Body>
<soapenv:Fault><faultcode>sf:%s</faultcode><faultstring>%s: wrong for ann@acme.com</faultstring><detail>
<sf:LoginFault><sf:exceptionCode>%s</sf:exceptionCode></sf:LoginFault></detail></soapenv:Fault></soapenv:Body>
</soapenv:Envelope>"""


def rest(code: str, message: str = "of ann@acme.com") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (
            Answer(rest("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), 403),
            QuotaExhausted,
            "24 hours",
        ),
        (
            Answer(rest("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit"), 403),
            RateLimited,
            "at once",
        ),
        (Answer(rest("INSUFFICIENT_ACCESS"), 403), Permanent, "Give the user Read"),
        (Answer(rest("API_DISABLED_FOR_ORG"), 403), Permanent, "API Enabled"),
        (Answer(rest("MALFORMED_QUERY"), 400), Permanent, "does not understand"),
        (
            Answer(rest("INVALID_FIELD", "No such column 'A__c' on entity 'Account'"), 400),
            Permanent,
            "Account.A__c",
        ),
        (Answer(rest("INVALID_TYPE"), 400), Permanent, "does not exist"),
        (Answer(rest("NOT_FOUND"), 404), Permanent, "does not exist"),
        (Answer(rest("QUERY_TIMEOUT"), 400), Transient, "too long"),
        (Answer(rest("UNHEARD_OF"), 400), Permanent, "UNHEARD_OF"),
        (Answer(raw=b"", status=429), RateLimited, "slow down"),
        (Answer(raw=b"<html>ann@acme.com</html>", status=503, headers=HTML), Unanswered, "HTTP 503"),
        (Answer(raw=b"<html>ann@acme.com</html>", status=200, headers=HTML), Transient, "web page"),
        (Answer(raw=b"<html>URL No Longer Exists</html>", status=404, headers=HTML), Permanent, "domain"),
        (Answer(raw=b"", status=500), Unanswered, "HTTP 500"),
        (Answer(raw=b"", status=200), Transient, "not JSON"),
        (Answer(raw=b'{"records":[{"Name":"ann@ac', status=200), Transient, "not JSON"),
        (Answer([], 400), Permanent, "HTTP 400"),
        (Answer("ann@acme.com", 400), Permanent, "HTTP 400"),
        (Answer([["ann@acme.com"]], 502), Unanswered, "HTTP 502"),
        (Answer({}, headers={"Date": "soon"}), Transient, "Date"),
    ],
)
def test_an_answer_to_a_question_becomes_a_failure(
    org: FakeOrg, session: Session, answer: Answer, failure: type[Failure], words: str
) -> None:
    org.rule = lambda *_: answer
    with pytest.raises(Failure) as caught:
        session.get("sobjects", kind="describe", about="Account")
    assert word_for(caught.value) == failure.__name__
    assert words in str(caught.value)
    assert caught.value.subject == "acme-salesforce Account"
    assert "acme.com" not in str(caught.value).replace("acme.my", "")


def oauth(error: str, description: str = "") -> Answer:
    return Answer({"error": error, "error_description": description}, 400)


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (oauth("invalid_grant", "authentication failure"), Unauthorized, "credentials were refused"),
        (oauth("invalid_grant", "request not supported on this domain"), Unauthorized, "--domain acme.my"),
        (oauth("invalid_grant", "no client credentials user enabled"), Unauthorized, "Run As"),
        (oauth("invalid_client", "invalid client credentials"), Unauthorized, "key"),
        (oauth("invalid_client_id", "client identifier invalid"), Unauthorized, "consumer key is unknown"),
        (oauth("unsupported_grant_type", "grant type not supported"), Unauthorized, "this kind of login"),
        (oauth("invalid_grant", "login rate exceeded"), RateLimited, "Too many logins"),
        (Answer(raw=b"<html>down</html>", status=503, headers=HTML), Unanswered, "could not answer"),
        (Answer(raw=b"<html>no such org</html>", status=200, headers=HTML), Transient, "check the domain"),
        (Answer(raw=b"", status=200), Transient, "makes no sense"),
        (Answer([1]), Transient, "makes no sense"),
        (Answer({"access_token": "x"}), Transient, "makes no sense"),
    ],
)
def test_an_answer_to_a_login_becomes_a_failure(
    org: FakeOrg, session: Session, answer: Answer, failure: type[Failure], words: str
) -> None:
    org.login_answers.extend([answer] * 5)
    with pytest.raises(Failure) as caught:
        session.get("sobjects", kind="describe")
    assert word_for(caught.value) == failure.__name__
    assert words in str(caught.value)
    assert "s3cret" not in repr(caught.getrepr(chain=True))
    assert org.paths == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (b"INVALID_LOGIN", "credentials were refused"),
        (b"LOGIN_MUST_USE_SECURITY_TOKEN", "security token"),
        (b"INVALID_OPERATION", "connected app"),
        (b"PASSWORD_LOCKOUT", "locked"),
    ],
)
def test_a_soap_fault_becomes_a_failure(org: FakeOrg, open_session: OpenSession, code: bytes, words: str) -> None:
    session = open_session(username="ann@acme.example", password="pass", security_token="tok")
    org.login_answers.append(Answer(raw=FAULT % (code, code, code), status=500, headers={"Content-Type": "text/xml"}))
    with pytest.raises(Unauthorized) as caught:
        session.get("sobjects", kind="describe")
    assert words in str(caught.value)
    assert "ann@" not in str(caught.value)


def test_a_connection_that_breaks_in_the_middle_of_an_answer_is_tried_again(org: FakeOrg, session: Session) -> None:
    org.answers.append(Answer(raw=b'{"a":', headers={"Content-Length": "100", "Connection": "close"}))
    org.answers.append(Answer({"a": 1}))
    assert session.get("sobjects", kind="describe").body == {"a": 1}


def test_half_a_surrogate_pair_does_not_stop_an_answer(org: FakeOrg, session: Session) -> None:
    org.answers.append(Answer(raw=b'{"Name":"\\ud83d"}'))
    assert session.get("x", kind="query").body == {"Name": "\ud83d"}
