"""A platform that takes calls as `nooks ingest` does, in a thread of the test: what a dialer is told to expect.

Belongs here: signatures, uploads and answers as agreed. Does not: what a test expects of them.
"""

import hashlib
import hmac
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY, SECRET = "nk_test", "nks_secret"


class Platform(ThreadingHTTPServer):
    """The server; `refusals` are statuses that it gives before it takes a request of a kind."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: dict[str, bytes] = {}
        self.recordings: dict[str, bytes] = {}
        self.refusals: dict[str, list[int]] = {}
        self.asked: Counter[str] = Counter()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def submission(self, call_id: str) -> Any:
        return json.loads(self.calls[call_id])


class _Handler(BaseHTTPRequestHandler):
    server: Platform
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked[self.path] += 1
        if waiting := self.server.refusals.get(self.path):
            self._answer(waiting.pop(0))
        elif not self._signed(body):
            self._answer(401)
        elif self.path == "/v1/recordings":
            place = f"recordings/{len(self.server.recordings) + self.server.asked[self.path]}.wav"
            told = {"uri": f"gs://lake/{place}", "upload_url": f"{self.server.address}/{place}", "expires_at": ""}
            self._answer(201, told)
        else:
            self._take(body)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        have, span = self.server.recordings.get(self.path, b""), self.headers.get("Content-Range", "")
        if span.startswith("bytes */"):
            self._stand(have, int(span.removeprefix("bytes */")))
            return
        if waiting := self.server.refusals.get("upload"):
            status = waiting.pop(0)
            self.server.recordings[self.path] = have + body[: len(body) // 2]
            self._answer(status)
            return
        self.server.recordings[self.path] = have + body
        self._answer(200)

    def _stand(self, have: bytes, size: int) -> None:
        if len(have) == size:
            self._answer(200)
        else:
            self._answer(308, headers={"Range": f"bytes=0-{len(have) - 1}"} if have else {})

    def _take(self, body: bytes) -> None:
        call = json.loads(body)["call_id"]
        if self.server.calls.setdefault(call, body) != body:
            self._answer(409)
            return
        self._answer(202, {"id": list(self.server.calls).index(call) + 1, "call_id": call, "state": "accepted"})

    def _signed(self, body: bytes) -> bool:
        message = self.headers["X-Nooks-Timestamp"].encode() + b"." + body
        right = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        return (self.headers["X-Nooks-Key"], self.headers["X-Nooks-Signature"]) == (KEY, f"v1={right}")

    def _answer(self, status: int, told: Any = None, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(told).encode() if told else b""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
