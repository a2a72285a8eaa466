"""An org that answers whatever a test wants: for error bodies that the sandbox cannot be talked into.

Belongs here: a local HTTP server behind the unmodified session. The real thing is the `salesforce` fixture.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import requests
from requests.adapters import HTTPAdapter

DATE = "Fri, 20 Nov 2026 10:00:00 GMT"
KEYS = {"consumer_key": "SANDBOX.acme", "consumer_secret": "s3cret", "domain": "acme.my"}
LOGIN = {"access_token": "00Dxx!token", "instance_url": "https://acme.my.salesforce.com"}


@dataclass
class Answer:
    """What the org says: JSON unless `raw` is given."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    @property
    def bytes(self) -> bytes:
        return json.dumps(self.body).encode() if self.raw is None else self.raw


Rule = Callable[[str, str], Answer | None]  # of path and token


class FakeOrg:
    """Answers logins well, and everything else by the queue `answers`, then by `rule`."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.login_answers: deque[Answer] = deque()
        self.rule: Rule = lambda _path, _token: None
        self.paths: list[str] = []
        self.logins = 0
        self.tokens: list[str] = []
        self.pauses: list[float] = []
        self.port = 0

    def answer(self, method: str, path: str, token: str) -> Answer:
        if method == "POST":
            self.logins += 1
            token = f"00Dxx!token{self.logins}"
            return self.login_answers.popleft() if self.login_answers else Answer({**LOGIN, "access_token": token})
        self.paths.append(path)
        self.tokens.append(token.removeprefix("Bearer "))
        if self.answers:
            return self.answers.popleft()
        return self.rule(path, token.removeprefix("Bearer ")) or Answer(
            [{"errorCode": "NOT_FOUND", "message": "nothing here"}], 404
        )


class Handler(BaseHTTPRequestHandler):
    org: FakeOrg
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.org.answer(self.command, self.path, self.headers.get("Authorization", ""))
        self.send_response_only(answer.status)
        headers = {"Date": DATE, "Content-Type": "application/json", **answer.headers}
        for name, value in {"Content-Length": str(len(answer.bytes)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.bytes)

    do_GET = do_POST = _serve  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        pass


class Rerouted(HTTPAdapter):
    """Leads https://anything to the local server."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url
        path = "/" + request.url.split("://", 1)[1].partition("/")[2]
        request.url = f"http://127.0.0.1:{self._port}{path}"
        return super().send(request, *args, **{**kwargs, "proxies": {}})
