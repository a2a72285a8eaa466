"""Connections to Postgres: one bounded pool per process, and its errors in the vocabulary of failure.

Belongs here: connecting, pooling, transactions. Does not: any SQL about our tables.
"""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import conninfo, errors
from psycopg_pool import ConnectionPool, PoolTimeout

from nooks_dagster.database import last
from nooks_dagster.failures import DiskFull, Permanent, Transient, Unavailable

APPLICATION = "nooks"
CONNECT_SECONDS = 5
"""A server that does not answer within this is called down."""
WAIT_SECONDS = 30.0
"""How long a caller waits for a free connection: longer than a Postgres restart, shorter than a lease."""
IDLE_SECONDS = 60.0
"""How long a connection waits for its next use: longer than the pause between two ticks of a sensor."""

STANDSTILL = "5min"
"""So long a transaction may do nothing before Postgres ends it: one of a process that was stopped in its middle, as by
a paused machine, holds up all who want its rows. Longer than any of ours waits for another side. Who names another time
in the address, or in the server's configuration, has that."""


class Database:
    """The platform's Postgres database, seen from one process. Safe to share between threads.

    Costs nothing until the first transaction; holds at most `size` connections, idle ones for a minute. A context
    manager that closes them.

    Args:
        url: `postgresql://user:password@host:port/database`.
        size: The most connections this process may hold at once.

    Raises:
        Permanent: The URL is malformed.
    """

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._address = address(url)
        self._size = size
        self._lock = threading.Lock()
        self._pool: ConnectionPool[psycopg.Connection] | None = None

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Yield a connection in a transaction: committed on a clean exit, rolled back on any exception.

        Raises:
            Unavailable: Postgres does not answer or went away, or every connection is busy.
            Transient: This transaction was the victim of a deadlock; another try of the whole may succeed.
            Permanent: The migrations of this release were not applied.
        """
        with translated(self._address), self._borrow() as conn:
            try:
                yield conn
                last.commit(conn)
            finally:
                last.forget(conn)

    def __enter__(self) -> Self:
        """Return it as it is; the first transaction connects."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self.close()

    def close(self) -> None:
        """Close every connection; the next transaction opens the pool again."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    @contextmanager
    def _borrow(self) -> Iterator[psycopg.Connection]:
        with self._opened().connection() as conn:
            yield conn

    def _opened(self) -> "ConnectionPool[psycopg.Connection]":
        with self._lock:
            if self._pool is None:
                connect(self._url).close()  # the pool would retry in silence until its time-out; this says why at once
                self._pool = ConnectionPool(
                    self._url,
                    kwargs=_CONNECT,
                    min_size=0,
                    max_size=self._size,
                    timeout=WAIT_SECONDS,
                    max_idle=IDLE_SECONDS,
                    # The pauses between tries double; without an end the pool would sleep on when Postgres is back.
                    reconnect_timeout=WAIT_SECONDS,
                    configure=_configure,
                    check=_check,
                    name=APPLICATION,
                    open=True,
                )
            return self._pool


_END_STANDSTILL = """
    select set_config('idle_in_transaction_session_timeout', %s, false)
    where current_setting('idle_in_transaction_session_timeout') = '0'
"""
_CONNECT: dict[str, Any] = {"fallback_application_name": APPLICATION, "connect_timeout": CONNECT_SECONDS}


def _check(conn: psycopg.Connection) -> None:
    """Ask Postgres whether a connection still works, if it has said anything meanwhile.

    A restarted Postgres leaves dead sockets. It told them so before, which is seen here without a round trip: that
    would be one for each transaction, a sixth of what it costs us.
    """
    heard = select.poll()
    heard.register(conn.fileno(), select.POLLIN)
    if heard.poll(0):
        ConnectionPool.check_connection(conn)


def _configure(conn: psycopg.Connection) -> None:
    conn.execute("set timezone to 'UTC'")
    conn.execute(_END_STANDSTILL, (STANDSTILL,))
    conn.commit()


def connect(url: str, *, autocommit: bool = False, dbname: str | None = None) -> psycopg.Connection:
    """Open one connection outside any pool: for migrations, LISTEN, and asking whether Postgres is there.

    Raises:
        Unavailable: Postgres does not answer, or refuses us; the message has host and port, never the password.
        Permanent: The URL is malformed.
    """
    where = address(url)
    other: dict[str, Any] = {} if dbname is None else {"dbname": dbname}
    try:
        conn = psycopg.connect(url, autocommit=autocommit, **_CONNECT, **other)
    except psycopg.OperationalError as error:
        raise _down(where, error) from error
    conn.execute("set timezone to 'UTC'")
    if not autocommit:
        conn.commit()
    return conn


def address(url: str) -> str:
    """Return `host:port/database` of a Postgres URL: what a person may read of it.

    Raises:
        Permanent: The URL is malformed.
    """
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # No cause: libpq's message quotes the URL, password included.
        raise Permanent(
            "The address is no Postgres URL.",
            subject="NOOKS_POSTGRES_URL",
            next_step="Write it as postgresql://user:password@host:5432/database in .env.",
        ) from None
    return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


_FOR_ANOTHER = (
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
    errors.IdleInTransactionSessionTimeout,
)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn what accuses the database, or the company a transaction keeps, into `Transient` and `Unavailable`.

    Args:
        where: The address for the message, from `address`.
    """
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable(
            f"No database connection came free within {WAIT_SECONDS:.0f} s.",
            subject=f"Postgres at {where}",
            next_step="Start it with `make up` if it is down, or raise NOOKS_POSTGRES_CONNECTIONS.",
        ) from error
    except _FOR_ANOTHER as error:
        raise Transient(
            f"Postgres gave up on a transaction in favour of another ({type(error).__name__}).",
            subject=f"Postgres at {where}",
        ) from error
    except errors.QueryCanceled as error:
        raise Transient("Postgres cancelled a statement.", subject=f"Postgres at {where}") from error
    except errors.DiskFull as error:
        raise DiskFull(
            "Postgres has no disk space left.",
            subject=f"Postgres at {where}",
            next_step="Free or add space on the disk of its data folder; work goes on by itself.",
        ) from error
    except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
        raise Permanent(
            "A table of this release is not there.",
            subject=f"Postgres at {where}",
            next_step="Run `make up`: it applies migrations.",
        ) from error
    except psycopg.OperationalError as error:
        raise _down(where, error) from error


def _down(where: str, error: psycopg.OperationalError) -> Unavailable:
    reason = error.diag.message_primary or (str(error).strip().splitlines() or ["no reason given"])[0]
    return Unavailable(
        f"Postgres does not answer ({reason}).",
        subject=f"Postgres at {where}",
        next_step="Start it with `make up`, or correct NOOKS_POSTGRES_URL in .env.",
    )
