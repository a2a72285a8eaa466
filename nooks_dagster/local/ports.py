"""TCP ports on this machine: a free one, and who holds a busy one.

Belongs here: looking. Does not: decide what runs where (`nooks_dagster.local.environment`).
"""

import socket

import psutil

from nooks_dagster.failures import Transient


def is_free(port: int) -> bool:
    """Tell whether a server can listen on the port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(preferred: int = 0) -> int:
    """Return the preferred port if it is free, else one that the system picks."""
    if preferred and is_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def holder(port: int) -> psutil.Process | None:
    """Return the process that listens on a port, or None when nobody does or the system hides it."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            address = tuple(connection.laddr)  # (host, port), or () for a socket without one
            if connection.status == psutil.CONN_LISTEN and address[1:] == (port,) and connection.pid:
                return psutil.Process(connection.pid)
    except psutil.Error:  # macOS, and other people's processes
        return None
    return None


def busy(port: int, whose: str) -> Transient:
    """Return the failure of a service whose port somebody else holds."""
    return Transient(
        f"Port {port} is held by {describe_holder(port)}, so it cannot be used for: {whose}.",
        next_step="Stop that process, or put another port into .env.",
    )


def describe_holder(port: int) -> str:
    """Name the process on a port for a person: `nginx (process 4711)`."""
    process = holder(port)
    try:
        return f"{process.name()} (process {process.pid})" if process else "a process of another account"
    except psutil.Error:
        return "a process that is just ending"
