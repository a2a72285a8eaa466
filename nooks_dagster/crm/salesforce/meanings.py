"""The vocabulary of Salesforce's refusals: what each code and status says, and what a person should do.

Belongs here: the table. Does not: finding the code in an answer (`answers`).
"""

import re
from collections.abc import Mapping

from nooks_dagster.crm.access.meaning import AGAIN, Meaning
from nooks_dagster.crm.access.tries import Hopeless
from nooks_dagster.failures import Permanent, QuotaExhausted, RateLimited, Transient, Unanswered, Unauthorized


class LocatorLost(Hopeless):
    """The cursor of a query is gone; the query goes on behind the last id it gave."""


class Gone(Permanent):
    """What stood at an address is not there, or never was."""


class NotAllowed(Permanent):
    """The user may not do this, whatever the record."""


class TooMany(Transient):
    """More records changed in a span of time than one answer lists."""


class NotInBulk(Permanent):
    """The Bulk API does not read this object or field; the REST API may."""


_WORD = re.compile(r"[A-Z]\w+")
_CHECK_LOGIN = "Check key, secret, username, password and security token, then run `nooks connect` again."
_GRANT_READ = "Give the user Read and View All on the object and its fields (permission set), then try again."
_FLOW = "In Setup, App Manager, Edit Policies: enable the client credentials flow and choose its Run As user."
_OWN_DOMAIN = "Client credentials work at the org's own domain only: give it, e.g. --domain acme.my."

# OAuth says almost everything as invalid_grant; the description tells the cases apart.
_BY_DESCRIPTION: Mapping[str, Meaning] = {
    "request not supported on this domain": Meaning(Unauthorized, "The login went to the wrong domain.", _OWN_DOMAIN),
    "no client credentials user enabled": Meaning(Unauthorized, "The app has no user to run as.", _FLOW),
    "client credentials flow": Meaning(Unauthorized, "The client credentials flow is not enabled for this app.", _FLOW),
    "login rate exceeded": Meaning(RateLimited, "Too many logins within the hour.", AGAIN),
    "expired access/refresh token": Meaning(
        Unauthorized,
        "The refresh token was refused: it was revoked, or another one has taken its place.",
        "Let the user approve the app again, and run `nooks connect` with the new refresh token.",
    ),
    "inactive user": Meaning(Unauthorized, "The user is inactive.", "Activate the user, or use another one."),
    "user hasn't approved": Meaning(
        Unauthorized,
        "The user has not approved this app.",
        "In Setup, App Manager, Edit Policies: permit admin-approved users and add the user's profile.",
    ),
}

_REFUSED_LOGIN = Meaning(Unauthorized, "The credentials were refused.", _CHECK_LOGIN)
_NO_API = Meaning(
    NotAllowed,
    "The API is disabled for this org or user.",
    "Use an edition with API access, and give the user the permission `API Enabled`.",
)
_NOT_READABLE = Meaning(NotAllowed, "The user may not read this.", _GRANT_READ)
_NO_SUCH_OBJECT = Meaning(NotAllowed, "The object does not exist, or the user may not read it.", _GRANT_READ)
_NOT_THERE = Meaning(Gone, "The object does not exist, or the user may not read it.", _GRANT_READ)
_NOT_IN_BULK = Meaning(NotInBulk, "The Bulk API does not read this object.", "The platform reads it by the REST API.")
_CURSOR_LOST = Meaning(LocatorLost, "The cursor of the query expired.", AGAIN)
_BUSY = Meaning(Transient, "Salesforce could not answer just now.", AGAIN)
_DOWN = Meaning(Unanswered, _BUSY.what, AGAIN)

_BY_CODE: Mapping[str, Meaning] = {
    "invalid_grant": _REFUSED_LOGIN,
    "INVALID_LOGIN": _REFUSED_LOGIN,
    "invalid_client": Meaning(Unauthorized, "The consumer secret does not belong to the consumer key.", _CHECK_LOGIN),
    "invalid_client_id": Meaning(Unauthorized, "The consumer key is unknown to this org.", _CHECK_LOGIN),
    "invalid_client_credentials": Meaning(Unauthorized, "The consumer secret is wrong.", _CHECK_LOGIN),
    "unauthorized_client": Meaning(Unauthorized, "The app may not use this kind of login.", _FLOW),
    "unsupported_grant_type": Meaning(Unauthorized, "The app does not allow this kind of login.", _FLOW),
    "invalid_app_access": Meaning(Unauthorized, "The user may not use this app.", _FLOW),
    "inactive_user": _BY_DESCRIPTION["inactive user"],
    "inactive_org": Meaning(Unauthorized, "The org is closed or suspended.", "Ask the org's owner."),
    "rate_limit_exceeded": _BY_DESCRIPTION["login rate exceeded"],
    "LOGIN_RATE_EXCEEDED": _BY_DESCRIPTION["login rate exceeded"],
    "LOGIN_MUST_USE_SECURITY_TOKEN": Meaning(
        Unauthorized,
        "The login needs the security token.",
        "Give it (Settings, Reset My Security Token), or trust this address in Setup, Network Access.",
    ),
    "PASSWORD_LOCKOUT": Meaning(
        Unauthorized, "The user is locked after wrong passwords.", "Unlock it in Setup, Users."
    ),
    "INVALID_OPERATION": Meaning(
        Unauthorized, "The org does not allow SOAP logins.", "Use a connected app: consumer key and secret."
    ),
    "INVALID_SESSION_ID": Meaning(Unauthorized, "The session was refused.", _CHECK_LOGIN),
    "INVALID_AUTH_HEADER": Meaning(Unauthorized, "The session was refused.", _CHECK_LOGIN),
    "API_DISABLED_FOR_ORG": _NO_API,
    "API_CURRENTLY_DISABLED": _NO_API,
    "REQUEST_LIMIT_EXCEEDED": Meaning(
        QuotaExhausted,
        "The org's API calls of the last 24 hours are used up.",
        "The work waits until they come back; other apps of the org spend from the same allowance.",
    ),
    "INSUFFICIENT_ACCESS": _NOT_READABLE,
    "INSUFFICIENT_ACCESS_OR_READONLY": _NOT_READABLE,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _NOT_READABLE,
    "FORBIDDEN": _NOT_READABLE,
    "INVALID_TYPE": _NO_SUCH_OBJECT,
    "NOT_FOUND": _NOT_THERE,
    "INVALID_FIELD": Meaning(Permanent, "A field is gone, or the user may not read it.", _GRANT_READ),
    "MALFORMED_QUERY": Meaning(Permanent, "Salesforce does not understand the query.", "Report it: this is a defect."),
    "INVALID_QUERY_LOCATOR": _CURSOR_LOST,
    "INVALID_LOCATOR": _CURSOR_LOST,
    "INVALIDENTITY": _NOT_IN_BULK,
    "FUNCTIONALITY_NOT_ENABLED": _NOT_IN_BULK,
    "FEATURENOTENABLED": _NOT_IN_BULK,
    "QUERY_TIMEOUT": Meaning(Transient, "The query ran for too long on Salesforce's side.", AGAIN),
    "SERVER_UNAVAILABLE": _DOWN,
    "UNKNOWN_EXCEPTION": _BUSY,
    "UNABLE_TO_LOCK_ROW": _BUSY,
    "EXCEEDED_ID_LIMIT": Meaning(TooMany, "Too much changed at once to be listed.", AGAIN),
}
_CONCURRENCY = Meaning(RateLimited, "Too many long requests run in this org at once.", AGAIN)
_WEB_PAGE = Meaning(
    Transient,
    "The answer was a web page instead of data.",
    "If it stays so: check the domain; the org may also be in maintenance (status.salesforce.com).",
)
_NOT_THE_API = Meaning(Permanent, "The host does not speak the Salesforce API.", "Check the domain, e.g. acme.my.")
_SLOW_DOWN = Meaning(RateLimited, "Salesforce asked to slow down.", AGAIN)
_REJECTED = Meaning(Permanent, "Salesforce rejected the request.", "Report it with the code.")

_BY_STATUS: Mapping[int, Meaning] = {
    401: _REFUSED_LOGIN,
    403: _NOT_READABLE,
    404: _NOT_THE_API,
    405: _NOT_THE_API,
    408: _BUSY,
    409: Meaning(Gone, "The job was made by another version of the API.", AGAIN),
    429: _SLOW_DOWN,
}


_BULK_QUOTA = Meaning(
    QuotaExhausted,
    "The org's Bulk API jobs of the last 24 hours are used up.",
    "The work waits until they come back; other apps of the org spend from the same allowance.",
)
_BY_WORDS: Mapping[str, Meaning] = {
    "max bulk v2 query": _BULK_QUOTA,
    "not supported by the bulk api": _NOT_IN_BULK,
    "not supported in bulk query": _NOT_IN_BULK,
}
"""What comes under codes that say less, or several things."""


def meaning_of(code: str, message: str) -> Meaning | None:
    """Return what an error code says, told apart by its message where one code stands for several things."""
    lowered = message.lower()
    if code == "REQUEST_LIMIT_EXCEEDED" and "concurrent" in lowered:
        return _CONCURRENCY
    if code.islower():  # OAuth's codes are, the API's are not
        for words, meaning in _BY_DESCRIPTION.items():
            if words in lowered:
                return meaning
    return next((meaning for words, meaning in _BY_WORDS.items() if words in lowered), _BY_CODE.get(code))


def meaning_of_words(text: str) -> Meaning | None:
    """Return what a text says, by known words or its first known code; a failed job tells its reason in a sentence."""
    known = next((meaning for words, meaning in _BY_WORDS.items() if words in text.lower()), None)
    return known or next((_BY_CODE[word] for word in _WORD.findall(text) if word in _BY_CODE), None)


def meaning_of_status(status: int) -> Meaning:
    """Return what a status says when the body has no code that we know; one below 400 brought a web page."""
    if status < 400:
        return _WEB_PAGE
    return _BY_STATUS.get(status, _DOWN if status >= 500 else _REJECTED)
