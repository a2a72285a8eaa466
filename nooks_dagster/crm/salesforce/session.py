"""One org's session: logs in once for all threads, renews a dead token once, tries again within one budget.

Belongs here: login (by simple-salesforce), GETs of JSON, the server's clock.
Does not: what an answer means (`answers`, `lines`), what is worth another try (`tries`), queries (`cursor`).

simple-salesforce logs in and tells host, token and base URL; the GETs are ours, because its own repeat a
refused call up to a thousand times, know no time-out and keep the old host after a new login.
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any, Protocol
from xml.parsers.expat import ExpatError

import requests
from jwt import PyJWTError
from pydantic_core import from_json
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from nooks_dagster.crm.model import Usage
from nooks_dagster.crm.salesforce.allowance import Meter, org_usage
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.lines import Line
from nooks_dagster.crm.salesforce.tries import TRIES, Sleep, StaleToken, budget
from nooks_dagster.crm.throttle import Throttle
from nooks_dagster.failures import Failure, Permanent, Transient, Unauthorized

API_VERSION = "62.0"  # below 65, where the SOAP login ends; from 56 on locators live for two days
PAGE_ROWS = 2_000  # Salesforce's most

# What simple-salesforce lets through when a reply lacks what it needs, beside its own error and XML's.
_STUMBLES = (ValueError, TypeError, AttributeError, LookupError)


@dataclass(frozen=True, slots=True)
class Reply:
    """The JSON of an answer; `at` is the server's clock when it answered, `began` when it was asked."""

    body: Any
    at: datetime
    began: datetime


class _Login(Protocol):
    session_id: str
    sf_instance: str
    base_url: str


class Session:
    """A logged-in line to one org, shared by threads. Nothing happens before the first GET.

    Args:
        credentials: The way in.
        subject: The connection, named in failures.
        throttle: Asked before each call.
        sleep: How to wait between tries.
    """

    def __init__(self, credentials: Credentials, subject: str, throttle: Throttle, sleep: Sleep = time.sleep) -> None:
        self._credentials = credentials
        self._subject = subject
        self._throttle = throttle
        self._sleep = sleep
        self._line = Line(subject)
        self._meter = Meter()
        self._lock = Lock()
        self._login: _Login | None = None
        self._refused: Unauthorized | None = None
        self._clock: tuple[datetime, float] | None = None

    def get(self, path: str, *, kind: str, about: str = "", tries: int = TRIES) -> Reply:
        """Return the JSON at a path, relative to the API's base or absolute on the org's host.

        Args:
            path: "sobjects", or "/services/data/v62.0/query/0r8…"; its query string encoded.
            kind: What the call is counted as.
            about: The object, named in failures.
            tries: How often the request may be sent in all, with a renewed token too.

        Raises:
            Failure: What the last try met.
        """
        renewed = False

        def attempt() -> Reply:
            nonlocal renewed
            login = self._current()
            try:
                return self._send(login, path, kind, about)
            except Unauthorized as refused:
                if renewed:
                    raise
                renewed = True
                self._forget(login)
                raise StaleToken("The session expired.", subject=refused.subject) from None

        return budget(tries, self._sleep)(attempt)

    @property
    def host(self) -> str:
        """The org's own host once logged in, before that the one to log in at."""
        login = self._login
        return login.sf_instance if login else self._credentials.host

    def usage(self) -> Usage:
        """Return the calls of this session."""
        return self._meter.usage()

    def clock(self) -> datetime:
        """Return about what the server's clock shows: the last answer's, and the time since; asks if there is none."""
        if self._clock is None:
            return self.get("limits", kind="control").at
        at, then = self._clock
        return at + timedelta(seconds=time.monotonic() - then)

    def _send(self, login: _Login, path: str, kind: str, about: str) -> Reply:
        self._throttle.before_call(kind)
        self._meter.count(kind)
        url = f"https://{login.sf_instance}{path}" if path.startswith("/") else login.base_url + path
        headers = {
            "Authorization": f"Bearer {login.session_id}",
            "Sforce-Query-Options": f"batchSize={PAGE_ROWS}",
        }
        try:
            response = self._line.get(url, headers=headers)
            return self._read(response)
        except Failure as failure:
            failure.subject = f"{self._subject} {about}".strip()
            raise

    def _read(self, response: requests.Response) -> Reply:
        if told := org_usage(response.headers.get("Sforce-Limit-Info", "")):
            self._meter.note(told)
            self._throttle.after_call(*told)
        at = _server_time(response)
        self._clock = at, time.monotonic()
        return Reply(_json(response), at, at - response.elapsed)

    def _current(self) -> _Login:
        """Return the login, made by the first thread that needs one; a refused one is not tried again.

        Four threads that each repeat a wrong password would lock the user.
        """
        with self._lock:
            if self._refused:
                known = self._refused
                raise Unauthorized(known.what, subject=known.subject, next_step=known.next_step)
            if self._login is None:
                try:
                    self._login = self._log_in()
                except Unauthorized as refused:
                    self._refused = refused
                    raise
            return self._login

    def _log_in(self) -> _Login:
        arguments: dict[str, Any] = {**self._credentials.login_arguments}
        self._throttle.before_call("login")
        self._meter.count("login")
        try:
            login: _Login = Salesforce(session=self._line, version=API_VERSION, **arguments)
        except (*_STUMBLES, SalesforceError, ExpatError, PyJWTError) as error:
            raise self._odd_login(error) from None
        return login

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

    def _forget(self, login: _Login) -> None:
        with self._lock:
            if self._login is login:
                self._login = None


def _server_time(response: requests.Response) -> datetime:
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (LookupError, ValueError):
        raise Transient("The answer carries no Date, so its rows cannot be placed in time.") from None


def _json(response: requests.Response) -> Any:
    """Return the parsed body; half a surrogate pair, which users can store, takes the slow parser."""
    try:
        return from_json(response.content)
    except ValueError:
        try:
            return json.loads(response.content)
        except ValueError:
            raise Transient("The answer is not JSON.", next_step="The platform tries again.") from None
