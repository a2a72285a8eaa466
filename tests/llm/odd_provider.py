"""A provider that says what a test wants, over HTTP, and counts how many asked at once.

Belongs here: serving, counting, the usual reply. Does not: odd replies (the tests).
"""

import email
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What is sent back; `body` as it is, `cut` bytes of it only, after `after` seconds."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    cut: int | None = None
    hang_up: bool = False


def message(text: str) -> Json:
    """An item of a response."""
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def answered(text: str, usage: Json | None = None, **changes: Any) -> Reply:
    """A response of the documented form whose model wrote a text."""
    told = {
        "input_tokens": 1000,
        "input_tokens_details": {"cached_tokens": 600, "cache_write_tokens": 100},
        "output_tokens": 50,
        "output_tokens_details": {"reasoning_tokens": 20},
        "total_tokens": 1050,
    }
    whole: Json = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "gpt-6-luna",
        "service_tier": "default",
        "output": [{"id": "rs_1", "type": "reasoning", "summary": []}, message(text)],
        "usage": told if usage is None else usage,
    }
    return Reply(json.dumps(whole | changes).encode(), headers={"x-request-id": "req_1"})


def error(status: int, code: str | None = None, **headers: str) -> Reply:
    """An error of the documented form, whose message quotes the prompt."""
    body = {"error": {"message": "Invalid: SECRET-PROMPT", "type": "some_error", "param": None, "code": code}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(body).encode(), status, {"x-request-id": "req_2", **named})


class Provider:
    """What was asked, and how many at once at most. `script` says what comes back."""

    def __init__(self, script: Callable[[Json], Reply]) -> None:
        self.script = script
        self.asked: list[Json] = []
        self.peak = 0
        self.url = ""
        self._flying = 0
        self._lock = threading.Lock()

    def reply(self, body: Json) -> Reply:
        with self._lock:
            self.asked.append(body)
            self._flying += 1
            self.peak = max(self.peak, self._flying)
        try:
            reply = self.script(body)
            time.sleep(reply.after)
            return reply
        finally:
            with self._lock:
                self._flying -= 1


def _form(kind: str, raw: bytes) -> Json:
    """The fields of an upload; a file's are its bytes."""
    whole = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + raw)
    fields: Json = {}
    for part in whole.get_payload():
        content = part.get_payload(decode=True)
        name = part.get_param("name", header="content-disposition")
        fields[name] = content if part.get_filename() else content.decode()
    return fields


def heard(text: str, *languages: str, **changes: Any) -> Reply:
    """A transcription of the documented form."""
    whole: Json = {
        "text": text,
        "languages": [{"code": code} for code in languages],
        "usage": {"type": "duration", "seconds": 8},
    }
    return Reply(json.dumps(whole | changes).encode(), headers={"x-request-id": "req_3"})


def scripted(replies: Sequence[Reply]) -> Callable[[Json], Reply]:
    """Say one thing after the other, and the last for ever."""
    left = list(replies)
    lock = threading.Lock()

    def say(_body: Json) -> Reply:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return say


@contextmanager
def serving(script: Callable[[Json], Reply]) -> Iterator[Provider]:
    """Serve on a free port for the length of a block."""
    provider = Provider(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["Content-Type"]
            body = _form(kind, raw) if kind.startswith("multipart/") else json.loads(raw)
            reply = provider.reply(body)
            if reply.hang_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])
            self.close_connection = reply.cut is not None

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def handle_error(self, *_arguments: object) -> None:
            pass  # who gave up waiting is what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
