"""Whatever a portal answers, one failure comes out of it, in words and without anybody's data."""

from traceback import format_exception
from typing import Any

import pytest

from nooks_dagster.crm.hubspot.meanings import NotReadable
from nooks_dagster.crm.hubspot.session import Session
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
from tests.crm.hubspot.conftest import OpenSession
from tests.crm.hubspot.fake_portal import APP, FakePortal
from tests.crm.scripted import Answer

HTML = {"Content-Type": "text/html;charset=UTF-8"}
PAGE = b"<!DOCTYPE html><html>ann@acme.com</html>"


def error(status: int, category: str = "", message: str = "of ann@acme.com", **more: Any) -> Answer:
    return Answer({"status": "error", "message": message, "correlationId": "x", "category": category, **more}, status)


def lacking(*scopes: str, name: str = "requiredGranularScopes") -> Answer:
    return error(403, "MISSING_SCOPES", errors=[{"message": "one of", "context": {name: [*scopes]}}])


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (error(400, "VALIDATION_ERROR"), Permanent, "rejected the request. (VALIDATION_ERROR)"),
        (
            error(400, "VALIDATION_ERROR", errors=[{"code": "PROPERTY_DOESNT_EXIST", "message": "ann@acme.com"}]),
            Permanent,
            "(VALIDATION_ERROR, PROPERTY_DOESNT_EXIST)",
        ),
        (error(400, "VALIDATION_ERROR", "Unable to infer object type from: x"), Permanent, "does not exist"),
        (error(401, "INVALID_AUTHENTICATION"), Unauthorized, "token was refused"),
        (error(401, "EXPIRED_AUTHENTICATION"), Unauthorized, "nooks connect"),
        (Answer(raw=b"", status=401), Unauthorized, "HTTP 401"),
        (lacking("crm.objects.leads.read"), Permanent, "crm.objects.leads.read"),
        (lacking("contacts", "a b", "ann@acme.com", name="requiredScopes"), Permanent, "one of: contacts. ("),
        (error(403, "MISSING_SCOPES"), Permanent, "crm.objects.….read"),
        (error(403), Permanent, "may not read"),
        (error(404, "OBJECT_NOT_FOUND"), Permanent, "does not exist"),
        (Answer(raw=b"", status=404), Permanent, "HTTP 404"),
        (Answer(raw=PAGE, status=403, headers=HTML), Transient, "web page"),
        (Answer(raw=PAGE, status=404, headers=HTML), Transient, "web page"),
        (error(409, "CONFLICT"), Transient, "CONFLICT"),
        (Answer(raw=PAGE, status=414, headers=HTML), Permanent, "too long"),
        (error(423), Transient, "locked"),
        (error(429, policyName="TEN_SECONDLY_ROLLING", errorType="RATE_LIMIT"), RateLimited, "ten seconds"),
        (error(429, "RATE_LIMITS", "You have reached your ten_secondly_rolling limit."), RateLimited, "ten seconds"),
        (error(429, policyName="SECONDLY"), RateLimited, "of a second"),
        (error(429, message="You have reached your secondly limit."), RateLimited, "of a second"),
        (error(429, policyName="DAILY"), QuotaExhausted, "midnight"),
        (error(429, message="You have reached your daily limit."), QuotaExhausted, "of the day"),
        (Answer(raw=b"", status=429), RateLimited, "slow down"),
        (error(477), RateLimited, "data centre"),
        (error(500), Unanswered, "HTTP 500"),
        (Answer(raw=PAGE, status=502, headers=HTML), Unanswered, "HTTP 502"),
        (Answer(raw=b"", status=503), Unanswered, "just now"),
        (Answer(raw=b"upstream timed out", status=504), Unanswered, "in time"),
        (Answer(raw=PAGE, status=521, headers=HTML), Unanswered, "HTTP 521"),
        (Answer(raw=PAGE, status=524, headers=HTML), Unanswered, "in time"),
        (Answer(raw=b"error code: 1016", status=530), Unanswered, "HTTP 530"),
        (Answer(raw=PAGE, headers=HTML), Transient, "web page"),
        (Answer(raw=PAGE), Transient, "web page"),
        (Answer(raw=b""), Transient, "no JSON"),
        (Answer(raw=b'{"results":[{"email":"ann@acme.com"'), Transient, "no JSON"),
        (Answer(raw=b"", status=302, headers={"Location": "https://ann.acme.com"}), Transient, "HTTP 302"),
        (Answer(["ann@acme.com"], 400), Permanent, "HTTP 400"),
        (Answer("ann@acme.com", 500), Unanswered, "HTTP 500"),
        (Answer([[]], 400), Permanent, "HTTP 400"),
        (Answer({"errors": "x", "category": 7, "context": [1]}, 400), Permanent, "HTTP 400"),
        (Answer(raw=b"\xff\xfe ann@acme.com", status=500), Unanswered, "HTTP 500"),
        (Answer(raw=b"no zip", status=500, headers={"Content-Encoding": "gzip"}), Unanswered, "broke"),
        (Answer({}, headers={"Date": "soon"}), Transient, "Date"),
    ],
)
def test_an_answer_to_a_question_becomes_a_failure(
    portal: FakePortal, session: Session, answer: Answer, failure: type[Failure], words: str
) -> None:
    portal.rule = lambda _: answer
    with pytest.raises(Failure) as caught:
        session.get("/crm/v3/objects/leads", kind="list", about="leads")
    assert word_for(caught.value) == failure.__name__
    assert words in str(caught.value)
    assert caught.value.subject == "globex-hubspot leads"
    assert "acme.com" not in str(caught.value)
    assert "hush" not in "".join(format_exception(caught.value))


@pytest.mark.parametrize(
    "answer", [lacking("crm.objects.leads.read"), error(404), error(400, message="Unable to infer object type from: x")]
)
def test_an_object_that_may_not_be_read_is_told_from_a_defect(
    portal: FakePortal, session: Session, answer: Answer
) -> None:
    portal.answers.append(answer)
    with pytest.raises(NotReadable):
        session.get("/crm/v3/objects/leads", kind="list")


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (Answer({"status": "BAD_REFRESH_TOKEN", "message": "r3fresh"}, 400), Unauthorized, "install the app again"),
        (Answer({"error": "invalid_grant", "error_description": "r3fresh"}, 400), Unauthorized, "refresh token"),
        (Answer({"status": "BAD_CLIENT_ID"}, 400), Unauthorized, "belong together"),
        (Answer({"status": "error", "message": "s3cret"}, 400), Unauthorized, "credentials were refused"),
        (Answer(raw=PAGE, status=503, headers=HTML), Unanswered, "just now"),
        (Answer(raw=b"", status=429), RateLimited, "slow down"),
        (Answer(raw=PAGE, headers=HTML), Transient, "web page"),
        (Answer({"expires_in": 1800}), Transient, "makes no sense"),
        (Answer({"access_token": "s3cret", "expires_in": "soon"}), Transient, "makes no sense"),
        (Answer([1]), Transient, "makes no sense"),
    ],
)
def test_an_answer_to_a_login_becomes_a_failure(
    portal: FakePortal, open_session: OpenSession, answer: Answer, failure: type[Failure], words: str
) -> None:
    portal.login_answers.extend([answer] * 5)
    with pytest.raises(Failure) as caught:
        open_session(**APP).get("/crm/v3/owners", kind="owners")
    assert word_for(caught.value) == failure.__name__
    assert words in str(caught.value)
    assert portal.asked == []
    shown = "".join(format_exception(caught.value))
    assert not any(secret in shown for secret in APP.values() if len(secret) > 3)
