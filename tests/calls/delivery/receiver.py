"""A receiver of webhooks behind TLS, and a network in which its name is public."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpcore2
import trustme

from nooks_dagster.research.web.pools import Network
from tests.crm.scripted import Answer, Asked, Handler, running

HOST = "hooks.acme-receiver.com"
PUBLIC = "93.184.215.14"


@dataclass
class Receiver:
    """Keeps what it was told, and answers as a test wants."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    addresses: dict[str, Sequence[str]] = field(default_factory=lambda: {HOST: [PUBLIC]})

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self.answers.pop(0) if self.answers else Answer({})

    def network(self) -> Network:
        return Network(lambda host, _seconds: self.addresses.get(host, []), self._dial, "nooks_dagster")

    def _dial(self, address: str, port: int, seconds: float) -> httpcore2.NetworkStream:
        assert (address, port) == (PUBLIC, 443)
        return httpcore2.SyncBackend().connect_tcp("127.0.0.1", self.port, seconds)


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    """Serve a receiver while the block runs; its authority is in `authority.pem`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Receiving", (Handler,), {"script": receiver}))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_port
    with running(server):
        yield receiver
