"""The keys to an account: its credentials, and the access token they were exchanged for, shared by all processes.

Belongs here: whose turn it is to exchange them, and keeping what came of it. Does not: the exchange (each CRM's
session), the stores (`workspaces.secrets`), what a thread does with a dead token (`crm.access.logins`).

A refresh may answer with another refresh token, and kill the old one. So one process at a time exchanges, whoever
comes next reads again what is kept, and the new refresh token is on the disk before the access token is used. A death
between the answer and that write, some milliseconds, loses it: the owner of the account must then let the app in
again, and is told that this is why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import psycopg

from nooks_dagster.crash_points import crash_point
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, Unauthorized
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import ACCOUNT, Connection, ConnectionState, Registry
from nooks_dagster.workspaces.secrets import FileSecrets, is_ours, open_secret

EXCHANGE_LOCK = 0x6B657973
"""Advisory lock class of exchanges, "keys" in ASCII; the second half is the reference's hash."""
LONGEST_WAIT = "60s"
_ONE_AT_A_TIME = Lock()
"""Of this process: an exchange holds a connection to Postgres and needs another, and there are six."""
REFRESH = "refresh_token"


@dataclass(frozen=True, slots=True)
class Grant:
    """What an exchange gives, or gave another process.

    Attributes:
        access_token: Opens the account.
        host: Where, if the source tells.
        seconds: How long it is to be used from now on; None until it is refused.
        refresh_token: To be used the next time, where that is another one.
        kept: Another process exchanged for it.
    """

    access_token: str = field(repr=False)
    host: str = ""
    seconds: float | None = None
    refresh_token: str = field(default="", repr=False)
    kept: bool = False


Exchange = Callable[[Mapping[str, str]], Grant]
"""Logs in with credentials."""


class Keys(Protocol):
    """The keys to one account."""

    def secret(self) -> Mapping[str, str]:
        """Return the credentials, with what is not secret.

        Raises:
            Permanent: They are gone.
        """
        ...

    def grant(self, dead: str, exchange: Exchange, *, by_refresh: bool) -> Grant:
        """Return an access token other than a dead one.

        Args:
            dead: The token that was refused or has ended; "" for none.
            exchange: Logs in, if nobody else has.
            by_refresh: Whether that spends a refresh token.

        Raises:
            Unauthorized: The credentials were refused.
            Permanent: A refresh token could not be written back.
        """
        ...


class OwnKeys:
    """Credentials that nobody else uses: those that are tried before they are kept.

    Args:
        secret: The credentials.
    """

    def __init__(self, secret: Mapping[str, str]) -> None:
        self._secret = dict(secret)

    def secret(self) -> Mapping[str, str]:
        """Return the credentials, with the refresh token that is to be used next."""
        return self._secret

    def grant(self, dead: str, exchange: Exchange, *, by_refresh: bool) -> Grant:  # noqa: ARG002 - the protocol's
        """Exchange."""
        granted = exchange(self._secret)
        if granted.refresh_token:
            self._secret[REFRESH] = granted.refresh_token
        return granted


class SharedKeys:
    """The keys behind a reference, for all processes of this machine. Safe to share between threads.

    Args:
        db: The platform's database, which says whose turn it is and what time.
        ref: Where the credentials are kept.
        config: What is not secret.
        folder: Where files are kept, if not where the settings say.
    """

    def __init__(
        self, db: Database, ref: str, config: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> None:
        self._db = db
        self._ref = ref
        self._config = config or {}
        self._folder = folder or settings().secrets
        self._tokens = _Tokens(self._folder, ref)

    def secret(self) -> Mapping[str, str]:
        """Return the credentials as they are now, with what is not secret."""
        return {**open_secret(self._ref, self._folder), **self._config}

    def grant(self, dead: str, exchange: Exchange, *, by_refresh: bool) -> Grant:
        """Return the token that another process got, or else exchange, one process after the other.

        Raises:
            Transient: Another process has been at it for a minute.
        """
        if by_refresh and not is_ours(self._ref):
            raise Permanent(
                "A refresh token may be another one after each use, and a variable cannot be written back.",
                subject=f"secret {self._ref}",
                next_step="Connect it again without --secret env:…: it is then kept in a file.",
            )
        with _ONE_AT_A_TIME, self._db.transaction() as conn:
            now = _in_turn(conn, self._ref)
            kept = self._tokens.find(now)
            if kept and kept.access_token != dead:
                return kept
            return self._exchanged(now, exchange)

    def forget(self) -> None:
        """Drop the token that is kept: the credentials are others now."""
        self._tokens.forget()

    def _exchanged(self, now: datetime, exchange: Exchange) -> Grant:
        secret = self.secret()
        cut_off = self._tokens.begin(now)
        try:
            granted = exchange(secret)
        except Unauthorized as refused:
            if self.secret().get(REFRESH) != secret.get(REFRESH):  # whose turn it was outlived its connection
                return self._exchanged(now, exchange)
            self._tokens.forget()
            raise _explained(refused, cut_off if REFRESH in secret else None) from None
        crash_point("granted")
        if granted.refresh_token and granted.refresh_token != secret.get(REFRESH):
            renewed = {**open_secret(self._ref, self._folder), REFRESH: granted.refresh_token}
            FileSecrets(self._folder).put(self._ref.removeprefix("file:"), renewed)
        crash_point("rotated")
        self._tokens.keep(granted, now)
        return granted


class _Tokens:
    """The access token of a reference, and since when it is being renewed, in a file beside the credentials."""

    def __init__(self, folder: Path, ref: str) -> None:
        self._store = FileSecrets(folder / "tokens")
        self._name = ref.replace(":", "-", 1)

    def find(self, now: datetime) -> Grant | None:
        """Return the token if it is to be used still."""
        kept = self._read()
        if not kept.get("access_token"):
            return None
        grant = Grant(kept["access_token"], kept.get("host", ""), kept=True)
        if not kept.get("ends"):
            return grant
        left = (datetime.fromisoformat(kept["ends"]) - now).total_seconds()
        return replace(grant, seconds=left) if left > 0 else None

    def begin(self, now: datetime) -> datetime | None:
        """Note that an exchange begins; return when one did whose end nobody noted."""
        cut_off = self._read().get("begun")
        self._store.put(self._name, {"begun": cut_off or now.isoformat()})
        return datetime.fromisoformat(cut_off) if cut_off else None

    def keep(self, grant: Grant, now: datetime) -> None:
        """Keep a token in place of what stands."""
        ends = "" if grant.seconds is None else (now + timedelta(seconds=grant.seconds)).isoformat()
        self._store.put(self._name, {"access_token": grant.access_token, "host": grant.host, "ends": ends})

    def forget(self) -> None:
        """Keep nothing."""
        self._store.erase(f"file:{self._name}")

    def _read(self) -> Mapping[str, str]:
        try:
            return self._store.get(f"file:{self._name}")
        except Permanent:  # none, or unreadable: what is kept here can be had again
            return {}


def keys_of(db: Database, connection: Connection) -> SharedKeys:
    """Return the keys of a registered connection."""
    config = {name: str(value) for name, value in connection.config.items() if name != ACCOUNT}
    return SharedKeys(db, connection.secret_ref, config)


def erase(db: Database, connection: Connection) -> bool:
    """Erase the credentials of a connection and its token; say if that was done.

    It is not where they are in a variable, or where another connection that is not disconnected logs in with them.
    """
    folder, ref = settings().secrets, connection.secret_ref
    users = [one for one in Registry(db).connections() if one.secret_ref == ref and one.id != connection.id]
    if any(one.state is not ConnectionState.DISCONNECTED for one in users):
        return False
    with db.transaction() as conn:
        _in_turn(conn, ref)  # an exchange that is under way writes before, and none after
        _Tokens(folder, ref).forget()
        if is_ours(ref):
            FileSecrets(folder).erase(ref)
    return is_ours(ref)


def _in_turn(conn: psycopg.Connection[Any], ref: str) -> datetime:
    """Wait for our turn, which ends with the transaction; return the database's time."""
    conn.execute(f"set local lock_timeout = '{LONGEST_WAIT}'".encode())
    conn.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", (EXCHANGE_LOCK, ref))
    ((now,),) = conn.execute("select clock_timestamp()").fetchall()
    moment: datetime = now
    return moment


def _explained(refused: Unauthorized, cut_off: datetime | None) -> Unauthorized:
    if cut_off is None:
        return refused
    why = f"An exchange that began at {cut_off:%Y-%m-%d %H:%M} UTC was cut off, and may have used it up."
    return Unauthorized(f"{refused.what} {why}", subject=refused.subject, next_step=refused.next_step)
