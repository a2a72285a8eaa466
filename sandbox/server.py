"""One process that is the outside world: the proxy in front; behind it listeners for TLS, plain HTTP and control.

Belongs here: sockets, their order at start and stop, signals.
Does not: what is answered (the applications given) or who is let through (`sandbox.proxy`).
"""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Generator

import uvicorn
from starlette.types import ASGIApp

from sandbox.proxy import Address, HostNames, Listeners, Proxy, Tunnels, Web


def listen(port: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1; port 0 takes a free one. Who connects early waits in its backlog.

    Raises:
        OSError: The port cannot be had.
    """
    # asyncio turns Nagle's algorithm off only where the protocol is named, as socket.create_server does not;
    # with it on, every reply waits 40 ms for an acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(1024)
    return listening


class _Listener(uvicorn.Server):
    """A uvicorn server on a loopback port of its own, stopped by us."""

    def __init__(self, app: ASGIApp, context: ssl.SSLContext | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                date_header=False,  # Each org has a clock of its own.
                server_header=False,
                proxy_headers=False,  # Nobody sends any.
                timeout_keep_alive=120,
                timeout_graceful_shutdown=1,
                ssl_context_factory=None if context is None else lambda _config, _default: context,
            )
        )
        self._socket = listen(0)

    @property
    def address(self) -> Address:
        """Where it listens."""
        host, port = self._socket.getsockname()
        return str(host), int(port)

    async def run_until_stopped(self) -> None:
        """Serve until `should_exit` is set."""
        await self.serve(sockets=[self._socket])

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals alone: one process has several listeners, and `serve` stops both."""
        yield


async def serve(
    world: ASGIApp,
    control: ASGIApp,
    hosts: HostNames,
    web: Web,
    tunnels: Tunnels,
    context: ssl.SSLContext,
    *,
    front: socket.socket,
    ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT; answers in flight get a second to finish.

    Args:
        world: Answers inside the tunnels, and plain requests to hosts of the web.
        control: Answers plain requests to the port itself.
        hosts: The host names of vendors, that are tunnelled.
        web: The other hosts.
        tunnels: Where the open tunnels are known.
        context: TLS for all of them.
        front: The proxy's socket, from `listen`.
        ready: Called when everything is answered.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listeners = [_Listener(world, context), _Listener(world), _Listener(control)]
    proxy = Proxy(hosts, web, tunnels, Listeners(*(listener.address for listener in listeners)))
    accepting = await proxy.start(front)
    running = [asyncio.create_task(listener.run_until_stopped()) for listener in listeners]
    ready()
    await stop.wait()
    accepting.close()
    for listener in listeners:
        listener.should_exit = True
    await asyncio.wait(running, timeout=1.5)
    proxy.close()
