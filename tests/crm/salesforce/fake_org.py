"""An org that answers whatever a test wants: for error bodies that the sandbox cannot be talked into.

Belongs here: what it says, served behind the unmodified session (`tests.crm.scripted`).
The real thing is the `salesforce` fixture.
"""

import json
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import requests
from requests.adapters import HTTPAdapter

from tests.crm.scripted import Answer, Asked

KEYS = {"consumer_key": "SANDBOX.acme", "consumer_secret": "s3cret", "domain": "acme.my"}
LOGIN = {"access_token": "00Dxx!token", "instance_url": "https://acme.my.salesforce.com"}


Rule = Callable[[str, str], Answer | None]  # of path and token


class FakeOrg:
    """Answers logins well, and everything else by the queue `answers`, then by `rule`."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.login_answers: deque[Answer] = deque()
        self.rule: Rule = lambda _path, _token: None
        self.paths: list[str] = []
        self.logins = 0
        self.forms: list[dict[str, list[str]]] = []
        self.tokens: list[str] = []
        self.bodies: list[Any] = []
        self.pauses: list[float] = []
        self.port = 0

    def answer(self, asked: Asked) -> Answer:
        path, token = asked.path, asked.headers.get("Authorization", "")
        if asked.method == "POST":
            self.logins += 1
            self.forms.append(parse_qs(asked.body.decode()))
            token = f"00Dxx!token{self.logins}"
            return self.login_answers.popleft() if self.login_answers else Answer({**LOGIN, "access_token": token})
        self.paths.append(path)
        self.bodies.append(json.loads(asked.body) if asked.body else None)
        self.tokens.append(token.removeprefix("Bearer "))
        if self.answers:
            return self.answers.popleft()
        return self.rule(path, token.removeprefix("Bearer ")) or Answer(
            [{"errorCode": "NOT_FOUND", "message": "nothing here"}], 404
        )


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
