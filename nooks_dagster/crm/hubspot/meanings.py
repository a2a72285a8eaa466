"""The vocabulary of HubSpot's refusals: what each code and status says, and what a person should do.

Belongs here: the table. Does not: finding the code in an answer (`answers`).
"""

from collections.abc import Mapping
from datetime import timedelta

from nooks_dagster.crm.access.meaning import AGAIN, Meaning
from nooks_dagster.crm.activities import AgainstRule
from nooks_dagster.failures import Permanent, QuotaExhausted, RateLimited, Transient, Unanswered, Unauthorized


class NotReadable(Permanent):
    """The object is not there, or the app may not read it: others may be."""


class NoScope(NotReadable):
    """The object is there, and the app lacks a scope to read it."""


_CHECK_KEY = "Check the token in HubSpot (Settings, Integrations), then run `nooks connect` again."
_CHECK_APP = "Check client id, client secret and refresh token, then run `nooks connect` again."
_INSTALL = "Let the portal install the app again, and run `nooks connect` with the new refresh token."
_GRANT_READ = "Give the app the scopes crm.objects.….read and crm.schemas.….read of the object, then try again."
_DEFECT = "Report it with the code: this is a defect."

_REFUSED_TOKEN = Meaning(Unauthorized, "The token was refused.", _CHECK_KEY)
_REFUSED_LOGIN = Meaning(Unauthorized, "The credentials were refused.", _CHECK_APP)
_WRONG_APP = Meaning(Unauthorized, "Client id and client secret do not belong together.", _CHECK_APP)
_REFUSED_GRANT = Meaning(Unauthorized, "The refresh token was refused: the app was removed, or is another.", _INSTALL)
_MISSING_SCOPES = Meaning(NoScope, "The app lacks a scope.", _GRANT_READ)
_NOT_THERE = Meaning(NotReadable, "The object does not exist, or the app may not read it.", _GRANT_READ)
_BUSY = Meaning(Unanswered, "HubSpot could not answer just now.", AGAIN)
_GAVE_UP = Meaning(Transient, "HubSpot could not answer in time.", AGAIN)
_LATE = Meaning(Unanswered, _GAVE_UP.what, AGAIN)
_SLOW_DOWN = Meaning(RateLimited, "HubSpot asked to slow down.", AGAIN)
_IN_TEN_SECONDS = Meaning(RateLimited, "The app's calls of ten seconds are used up.", AGAIN, wait=timedelta(seconds=10))
_IN_A_SECOND = Meaning(RateLimited, "The portal's calls of a second are used up.", AGAIN, wait=timedelta(seconds=1))
_TODAY = Meaning(
    QuotaExhausted,
    "The portal's API calls of the day are used up.",
    "The work waits until midnight in the portal's time zone; other apps spend from the same allowance.",
)
_LOCKED = Meaning(Transient, "HubSpot has locked the resource for a moment.", AGAIN, wait=timedelta(seconds=2))
_MIGRATION = Meaning(RateLimited, "HubSpot is moving the portal to another data centre.", AGAIN)
_WEB_PAGE = Meaning(
    Transient,
    "The answer was a web page instead of data.",
    "If it stays so: HubSpot may be in maintenance (status.hubspot.com), or a proxy answers in its place.",
)
_NOTHING = Meaning(Transient, "The answer is no JSON document.", AGAIN)
_CONFLICT = Meaning(Transient, "Another request wrote the same record at the same time.", AGAIN)
_REJECTED = Meaning(Permanent, "HubSpot rejected the request.", _DEFECT)

_BY_CODE: Mapping[str, Meaning] = {
    "TEN_SECONDLY_ROLLING": _IN_TEN_SECONDS,
    "SECONDLY": _IN_A_SECOND,
    "DAILY": _TODAY,
    "INVALID_AUTHENTICATION": _REFUSED_TOKEN,
    "EXPIRED_AUTHENTICATION": _REFUSED_TOKEN,
    "MISSING_SCOPES": _MISSING_SCOPES,
    "OBJECT_NOT_FOUND": _NOT_THERE,
    "CONFLICT": _CONFLICT,
    "BAD_REFRESH_TOKEN": _REFUSED_GRANT,
    "BAD_AUTH_CODE": _REFUSED_GRANT,
    "BAD_CLIENT_ID": _WRONG_APP,
    "BAD_CLIENT_SECRET": _WRONG_APP,
    "invalid_grant": _REFUSED_GRANT,
    "invalid_client": _WRONG_APP,
}
WANTING = Meaning(
    AgainstRule,
    "The portal wants a value in a property of calls.",
    "Make it optional in HubSpot, or give it a value: `nooks connections calls … --field NAME=VALUE`.",
)
_BY_WORDS: Mapping[str, Meaning] = {
    "required properties were not set": WANTING,
    "ten_secondly": _IN_TEN_SECONDS,
    "secondly limit": _IN_A_SECOND,
    "daily limit": _TODAY,
    "unable to infer object type": _NOT_THERE,
}
"""What comes under codes that say less, or none; the first that fits."""

_BY_STATUS: Mapping[int, Meaning] = {
    401: _REFUSED_TOKEN,
    403: Meaning(NoScope, "The app may not read this.", _GRANT_READ),
    404: _NOT_THERE,
    408: _GAVE_UP,
    409: _CONFLICT,
    414: Meaning(Permanent, "The address of the request is too long.", _DEFECT),
    423: _LOCKED,
    429: _SLOW_DOWN,
    477: _MIGRATION,
    504: _LATE,
    524: _LATE,  # after 100 seconds, by the edge before HubSpot
}


def meaning_of(codes: tuple[str, ...], message: str) -> Meaning | None:
    """Return what the first known code of an error says, else what its message does."""
    known = next((_BY_CODE[code] for code in codes if code in _BY_CODE), None)
    return known or next((meaning for words, meaning in _BY_WORDS.items() if words in message.lower()), None)


def meaning_of_status(status: int, *, login: bool, web_page: bool) -> Meaning:
    """Return what a status says when the body has no code that we know; one below 400 brought no data.

    HubSpot itself forbids and misses in JSON: a page that does so is of what stands before it.
    """
    if web_page and (status < 400 or status in (403, 404)):
        return _WEB_PAGE
    if status < 400:
        return _NOTHING
    if login and status in (400, 401, 403):
        return _REFUSED_LOGIN
    return _BY_STATUS.get(status, _BUSY if status >= 500 else _REJECTED)
