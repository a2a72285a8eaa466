"""One portal's session: questions, tokens, and what each answer tells of limits.

Belongs here: questions and their raw answers, telling the throttle what HubSpot tells.
Does not: what any session does (`crm.access.session`), what an answer means (`answers`), addresses (`paths`).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from nooks_dagster.crm.access.json_text import parsed
from nooks_dagster.crm.access.keys import Grant, Keys, OwnKeys
from nooks_dagster.crm.access.server_clock import server_time
from nooks_dagster.crm.access.session import AccountSession
from nooks_dagster.crm.access.throttle import Throttle
from nooks_dagster.crm.access.tries import TRIES, Sleep
from nooks_dagster.crm.hubspot import paths, tokens
from nooks_dagster.crm.hubspot.allowance import daily_usage, rate
from nooks_dagster.crm.hubspot.answers import Answer, refusal
from nooks_dagster.crm.hubspot.credentials import Credentials
from nooks_dagster.crm.hubspot.lines import Line
from nooks_dagster.crm.hubspot.tokens import Token
from nooks_dagster.failures import Corrupt

API = "api"
SEARCH = "search"
ASSOCIATIONS = "associations"
"""The families of calls, each with a limit of its own."""
ASSOCIATION_CALLS = 100
"""In ten seconds, of the smallest edition. An answer may tell the rate of all calls instead, which is no leave for more
of these."""

Params = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of an answer; `at` is the server's clock when it answered, `began` when it was asked."""

    content: bytes
    at: datetime
    began: datetime

    def json(self) -> Any:
        """Return the body as Python values.

        Raises:
            Transient: It is not JSON.
        """
        return parsed(self.content)


@dataclass(frozen=True, slots=True)
class _Ask:
    kind: str
    about: str
    family: str


class Session(AccountSession[Token]):
    """A line to one portal.

    A request is sent again when its answer was lost, so each one reads, also those that HubSpot wants as a POST, or
    writes what may be written twice: an upsert by a unique property, an association.

    Args:
        credentials: The way in.
        subject: The connection, named in failures.
        throttle: Stands around each call.
        sleep: How to wait between tries.
        keys: What the credentials are of, and where a token is kept; by default they are this session's alone.

    Raises:
        Permanent: The environment names a proxy or CA that cannot be used.
    """

    def __init__(
        self,
        credentials: Credentials,
        subject: str,
        throttle: Throttle,
        sleep: Sleep = time.sleep,
        keys: Keys | None = None,
    ) -> None:
        super().__init__(subject, throttle, sleep, keys or OwnKeys(asdict(credentials)))
        self._credentials = credentials
        self._line = Line(subject)
        self._hub_id: int | None = None

    def get(
        self, path: str, *, kind: str, about: str = "", params: Params = (), family: str = API, tries: int = TRIES
    ) -> Reply:
        """Return what stands at a path.

        Args:
            path: As `paths` makes it.
            kind: What the call is counted as.
            about: The object, named in failures.
            params: Of the query string; commas stay as they are.
            family: The limit that the call counts against.
            tries: How often the request may be sent in all, with a renewed token too.

        Raises:
            Failure: What the last try met.
        """
        url = _with(path, params)
        return self._sent(_Ask(kind, about, family), lambda token: self._line.get(url, token.text), tries)

    def post(
        self,
        path: str,
        body: Any,
        *,
        kind: str,
        about: str = "",
        params: Params = (),
        family: str = API,
        tries: int = TRIES,
    ) -> Reply:
        """Return the answer to a question that is too long for an address: a search, a read or upsert of many records.

        Raises:
            Failure: What the last try met.
        """
        url = _with(path, params)
        return self._sent(_Ask(kind, about, family), lambda token: self._line.post(url, token.text, body), tries)

    @property
    def hub_id(self) -> int:
        """The number of the portal, asked for once.

        Raises:
            Failure: The question was not answered.
        """
        if self._hub_id is None:
            try:
                self._hub_id = int(self._account().json()["portalId"])
            except (TypeError, LookupError, ValueError):
                raise Corrupt("The account does not tell its number.", subject=self._subject) from None
        return self._hub_id

    def _account(self) -> Reply:
        return self.get(paths.account(), kind="control")

    def _asked_time(self) -> datetime:
        return self._account().at

    def _sent(self, ask: _Ask, send: Callable[[Token], Answer], tries: int) -> Reply:
        def attempt(token: Token) -> Reply:
            with self._named(ask.about):
                with self._throttle.call(ask.family):
                    self._meter.count(ask.kind)
                    answer = send(token)
                    self._note(ask.family, answer)
                    if failure := refusal(answer, self._subject):
                        raise failure
                at = server_time(answer.headers)
            self._clock.note(at)
            return Reply(answer.content, at, at - timedelta(seconds=answer.seconds))

        return self._tried(attempt, tries)

    def _note(self, family: str, answer: Answer) -> None:
        """Pass on what an answer, refusals too, tells of limits; each family is told of its own."""
        if told := rate(answer.headers):
            calls, per = told
            self._throttle.told_rate(family, min(calls, ASSOCIATION_CALLS) if family == ASSOCIATIONS else calls, per)
        if family == API and (used := daily_usage(answer.headers)):
            self._meter.note(used)
            self._throttle.told_allowance(*used)

    def _serves(self, login: Token) -> bool:
        return login.serves()

    def _log_in(self, dead: Token | None) -> Token:
        if self._credentials.flow == "access token":
            return Token(self._credentials.access_token)
        asked = time.monotonic()
        grant = self._keys.grant(dead.text if dead else "", self._exchange, by_refresh=True)
        return Token(grant.access_token, None if grant.seconds is None else asked + grant.seconds, grant.kept)

    def _exchange(self, secret: Mapping[str, str]) -> Grant:
        with self._throttle.call("login"):
            self._meter.count("login")
            return tokens.fetch(self._line, Credentials.read(secret), self._subject)


def _with(path: str, params: Params) -> str:
    # A comma that stays one keeps long lists of properties short, and urllib3 off its slow way through them.
    return f"{path}?{urlencode(params, safe=',')}" if params else path
