"""One org's session: requests as JSON or as a stream, and the login.

Belongs here: login (by simple-salesforce), JSON there and back, bodies that are streamed.
Does not: what any session does (`crm.access.session`), what an answer means (`answers`, `lines`), queries (`cursor`,
`jobs`).

simple-salesforce logs in and tells host, token and base URL; the calls are ours, because its own repeat a
refused call up to a thousand times, know no time-out and keep the old host after a new login.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar
from xml.parsers.expat import ExpatError

import requests
from jwt import PyJWTError

from nooks_dagster.crm.access.json_text import parsed
from nooks_dagster.crm.access.keys import Grant, Keys, OwnKeys
from nooks_dagster.crm.access.server_clock import server_time
from nooks_dagster.crm.access.session import AccountSession
from nooks_dagster.crm.access.throttle import Throttle
from nooks_dagster.crm.access.tries import TRIES, Sleep
from nooks_dagster.crm.salesforce.allowance import org_usage
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.lines import CONNECT_SECONDS, Line
from nooks_dagster.crm.salesforce.refreshing import refreshed
from nooks_dagster.failures import Failure, Permanent, Transient

API_VERSION = "62.0"  # below 65, where the SOAP login ends; from 56 on locators live for two days
PAGE_ROWS = 2_000  # Salesforce's most
WRITE_SECONDS = 120.0  # 200 tasks take one to ten; behind a lost answer a lane waits for as long
API = "api"  # the one family of calls that a rate holds for

Answer = TypeVar("Answer")

# What simple-salesforce lets through when a reply lacks what it needs, beside its own error and XML's.
_STUMBLES = (ValueError, TypeError, AttributeError, LookupError)


@dataclass(frozen=True, slots=True)
class Reply:
    """The JSON of an answer; `at` is the server's clock when it answered, `began` when it was asked."""

    body: Any
    at: datetime
    began: datetime


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: its path is relative to the API's base, or absolute on the org's host, its query string encoded.

    `kind` is what the call is counted as, `about` the object named in failures; `body` is sent as JSON;
    `seconds` is how long an answer may take to begin, if not as long as a query's.
    """

    path: str
    kind: str
    about: str = ""
    body: Any = None
    stream: bool = False
    method: str = "GET"
    seconds: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Login:
    token: str
    host: str
    kept: bool

    def url(self, path: str) -> str:
        """Return the address of a path: below the base of the API, unless it is absolute."""
        return f"https://{self.host}{path if path.startswith('/') else f'/services/data/v{API_VERSION}/{path}'}"


class Session(AccountSession[_Login]):
    """A logged-in line to one org.

    Args:
        credentials: The way in.
        subject: The connection, named in failures.
        throttle: Stands around each call.
        sleep: How to wait between tries.
        keys: What the credentials are of, and where a token is kept; by default they are this session's alone.
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

    def get(self, path: str, *, kind: str, about: str = "", tries: int = TRIES) -> Reply:
        """Return the JSON at a path.

        Args:
            path: "sobjects", or "/services/data/v62.0/query/0r8…".
            kind: What the call is counted as.
            about: The object, named in failures.
            tries: How often the request may be sent in all, with a renewed token too.

        Raises:
            Failure: What the last try met.
        """
        return self._sent(Ask(path, kind, about), _reply, tries)

    def post(self, path: str, body: Mapping[str, str], *, kind: str, about: str = "") -> Reply:
        """Return what the org answers to a JSON body; a try whose answer was lost may have been obeyed.

        Raises:
            Failure: What the last try met.
        """
        return self._sent(Ask(path, kind, about, body, method="POST"), _reply)

    def upsert(self, path: str, body: Any, *, kind: str, about: str, tries: int) -> Reply:
        """Return what the org answers to records that it tells apart by a key; a try may have been obeyed before.

        Raises:
            Failure: What the last try met.
        """
        return self._sent(Ask(path, kind, about, body, method="PATCH", seconds=WRITE_SECONDS), _reply, tries)

    def stream(self, path: str, *, kind: str, about: str = "") -> requests.Response:
        """Return an answer whose body is still to be read; what breaks while it is, is the reader's.

        Raises:
            Failure: What the last try met.
        """
        return self._sent(Ask(path, kind, about, stream=True), lambda response: response)

    @property
    def host(self) -> str:
        """The org's own host once logged in, before that the one to log in at."""
        login = self._logins.latest
        return login.host if login else self._credentials.host

    def _asked_time(self) -> datetime:
        return self.get("limits", kind="control").at

    def _sent(self, ask: Ask, read: Callable[[requests.Response], Answer], tries: int = TRIES) -> Answer:
        return self._tried(lambda login: self._send(login, ask, read), tries)

    def _send(self, login: _Login, ask: Ask, read: Callable[[requests.Response], Answer]) -> Answer:
        url = login.url(ask.path)
        headers = {
            "Authorization": f"Bearer {login.token}",
            "Sforce-Query-Options": f"batchSize={PAGE_ROWS}",
        }
        with self._throttle.call(API), self._named(ask.about):
            self._meter.count(ask.kind)
            patience = (CONNECT_SECONDS, ask.seconds) if ask.seconds else None
            response = self._line.request(
                ask.method, url, headers=headers, json=ask.body, stream=ask.stream, timeout=patience
            )
        with self._named(ask.about):
            try:
                self._note(response)
                return read(response)
            except Failure:
                response.close()
                raise

    def _note(self, response: requests.Response) -> None:
        if told := org_usage(response.headers.get("Sforce-Limit-Info", "")):
            self._meter.note(told)
            self._throttle.told_allowance(*told)
        self._clock.note(server_time(response.headers))

    def _log_in(self, dead: _Login | None) -> _Login:
        by_refresh = self._credentials.flow == "refresh token"
        grant = self._keys.grant(dead.token if dead else "", self._exchange, by_refresh=by_refresh)
        return _Login(grant.access_token, grant.host, grant.kept)

    def _exchange(self, secret: Mapping[str, str]) -> Grant:
        # 0.3 s, and most runs find a token that another one has exchanged.
        from simple_salesforce.api import Salesforce  # noqa: PLC0415
        from simple_salesforce.exceptions import SalesforceError  # noqa: PLC0415

        credentials = Credentials.read(secret)
        with self._throttle.call("login"):
            self._meter.count("login")
            try:
                if credentials.flow == "refresh token":
                    return refreshed(self._line, credentials)
                arguments: dict[str, Any] = {**credentials.login_arguments}
                login = Salesforce(session=self._line, version=API_VERSION, **arguments)
                return Grant(str(login.session_id), str(login.sf_instance))
            except (*_STUMBLES, SalesforceError, ExpatError, PyJWTError) as error:
                raise self._odd_login(error) from None

    def _odd_login(self, error: Exception) -> Failure:
        """Translate what simple-salesforce stumbles over: an unusable key, a reply that lacks its fields."""
        if self._credentials.flow == "signed token" and isinstance(error, (ValueError, PyJWTError)):
            return Permanent(
                "The private key cannot be used.",
                subject=self._subject,
                next_step="Give the whole PEM text of the RSA key whose certificate the connected app holds.",
            )
        return Transient(
            "The login's answer makes no sense.",
            subject=self._subject,
            next_step=f"Check that {self._credentials.host} is the org's domain.",
        )


def _reply(response: requests.Response) -> Reply:
    at = server_time(response.headers)
    return Reply(parsed(response.content), at, at - response.elapsed)
