"""A proxy that plays the host behind it, with a certificate of its own authority.

Belongs here: CONNECT, TLS. Does not: what the host says (`tests.crm.scripted`).
"""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path

import trustme

from tests.crm.scripted import Answer, Asked, Handler, running


@dataclass
class Tunnel:
    """What the proxy has seen; `refusal` is what it says instead of opening a tunnel, 0 when it opens one."""

    port: int = 0
    authority: Path = Path()
    refusal: int = 0
    targets: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        return Answer({"path": asked.path})


class _TunnelHandler(Handler):
    script: Tunnel
    context: ssl.SSLContext

    def do_CONNECT(self) -> None:  # noqa: N802 - http.server's name
        self.script.targets.append(self.path)
        self.script.authorizations.append(self.headers.get("Proxy-Authorization", ""))
        self.send_response_only(self.script.refusal or 200)
        self.end_headers()
        self.wfile.flush()
        self.close_connection = bool(self.script.refusal)
        if not self.close_connection:
            self.request = self.context.wrap_socket(self.request, server_side=True)
            self.setup()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that did not trust the certificate."""


@contextmanager
def tunnelling(folder: Path, *hosts: str) -> Generator[Tunnel]:
    """Serve hosts behind a proxy while the block runs; the authority is written to a file in a folder."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    tunnel = Tunnel(authority=folder / "authority.pem")
    authority.cert_pem.write_to_path(tunnel.authority)
    handler = type("TunnelHandler", (_TunnelHandler,), {"script": tunnel, "context": context})
    with running(_Quiet(("127.0.0.1", 0), handler)) as server:
        tunnel.port = server.server_port
        yield tunnel
