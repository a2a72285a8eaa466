"""One process that is the outside world: the proxy in front, a TLS listener and a control listener behind.

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

from sandbox.proxy import Address, HostNames, Proxy


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
                timeout_keep_alive=120,
                timeout_graceful_shutdown=1,
                ssl_context_factory=None if context is None else lambda _config, _default: context,
            )
        )
        # asyncio turns Nagle's algorithm off only where the protocol is named, as socket.create_server does not;
        # with it on, every reply waits 40 ms for an acknowledgement.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(1024)  # From now on: whoever connects before uvicorn accepts waits in the backlog.

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
        """Leave the signals alone: one process has two listeners, and `serve` stops both."""
        yield


async def serve(
    world: ASGIApp,
    control: ASGIApp,
    hosts: HostNames,
    context: ssl.SSLContext,
    port: int,
    ready: Callable[[int], None],
) -> None:
    """Serve until SIGTERM or SIGINT; answers in flight get a second to finish.

    Args:
        world: Answers inside the tunnels.
        control: Answers plain requests to the port itself.
        hosts: The host names that are tunnelled.
        context: TLS for those names.
        port: The proxy's port on 127.0.0.1; 0 takes a free one.
        ready: Called with the port as soon as it listens.

    Raises:
        OSError: The port is taken.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listeners = [_Listener(world, context), _Listener(control)]
    proxy = Proxy(hosts, tls=listeners[0].address, control=listeners[1].address)
    front = await proxy.start(port)
    running = [asyncio.create_task(listener.run_until_stopped()) for listener in listeners]
    ready(front.sockets[0].getsockname()[1])
    await stop.wait()
    front.close()
    for listener in listeners:
        listener.should_exit = True
    await asyncio.wait(running, timeout=1.5)
    proxy.close()
