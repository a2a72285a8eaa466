"""A portal that answers whatever a test wants: for error bodies that the sandbox cannot be talked into."""

from collections import deque
from collections.abc import Callable
from urllib.parse import parse_qs

from tests.crm.scripted import Answer, Asked

KEY = {"access_token": "pat-na1-hush"}
APP = {"client_id": "app", "client_secret": "s3cret", "refresh_token": "r3fresh"}


class FakePortal:
    """Answers logins well, and everything else by the queue `answers`, then by `rule`."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.login_answers: deque[Answer] = deque()
        self.rule: Callable[[Asked], Answer | None] = lambda _: None
        self.logins: list[dict[str, list[str]]] = []
        self.asked: list[Asked] = []
        self.pauses: list[float] = []

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/oauth/v1/token":
            self.logins.append(parse_qs(asked.body.decode()))
            fresh = {"access_token": f"token{len(self.logins)}", "expires_in": 1800, "token_type": "bearer"}
            return self.login_answers.popleft() if self.login_answers else Answer(fresh)
        self.asked.append(asked)
        if self.answers:
            return self.answers.popleft()
        return self.rule(asked) or Answer({"status": "error", "category": "OBJECT_NOT_FOUND"}, 404)

    @property
    def tokens(self) -> list[str]:
        return [asked.headers["Authorization"].removeprefix("Bearer ") for asked in self.asked]
