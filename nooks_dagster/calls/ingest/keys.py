"""The keys with which dialers sign what they send: each binds a workspace; its secret is in the secret store.

Belongs here: issuing, listing, replacing and ending them. Does not: checking a signature (`calls.ingest.signatures`).

A key that is replaced still counts for a while, so that a dialer can change over without a gap. Times are the
database's. The secret is shown once, when the key is issued; whoever lost it replaces the key.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces.names import workspace_name
from nooks_dagster.workspaces.removals import forget, refuse_meanwhile
from nooks_dagster.workspaces.secrets import FileSecrets

SECRET = "secret"  # noqa: S105 - the name under which a store keeps it


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it may be shown."""

    id: str
    workspace: str
    created_at: datetime
    retires_at: datetime | None
    retired: bool


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key with its secret, for the one time that it is shown."""

    key: str
    workspace: str
    secret: str = field(repr=False)


class Keys:
    """The keys of all workspaces.

    Args:
        db: The platform's database.
        store: Where the secrets are kept.
    """

    def __init__(self, db: Database, store: FileSecrets) -> None:
        self._db = db
        self._store = store

    def add(self, workspace: str, *, new: bool = False) -> Issued:
        """Issue a key.

        Args:
            workspace: Whose calls it signs.
            new: Whether the workspace may be one that nobody knows: one without a CRM.

        Raises:
            Permanent: There is no such workspace.
        """
        return self._issue(workspace_name(workspace), new=new)

    def rotate(self, workspace: str, overlap: timedelta) -> Issued:
        """Issue a key, and let those that stand end after a while.

        Raises:
            Permanent: There is no such workspace.
        """
        return self._issue(workspace, overlap=overlap)

    def keys(self, workspace: str) -> Sequence[Key]:
        """Return the keys of a workspace, the newest last, and erase the secrets of those that have ended."""
        self.erase_ended(workspace)
        with self._db.transaction() as conn:
            return conn.cursor(row_factory=class_row(Key)).execute(_LIST, (workspace,)).fetchall()

    def retire(self, workspace: str, key: str) -> None:
        """End a key now.

        Raises:
            Permanent: The workspace has no such key.
        """
        with self._db.transaction() as conn:
            if not conn.execute(_RETIRE, (key, workspace)).rowcount:
                raise Permanent(
                    f"Workspace {workspace} has no key {key[:80]!r}.",
                    next_step=f"`nooks calls keys list {workspace}` shows them.",
                )
        self.erase_ended(workspace)

    def _issue(self, workspace: str, *, new: bool = False, overlap: timedelta | None = None) -> Issued:
        issued = Issued(f"nk_{secrets.token_hex(8)}", workspace, f"nks_{secrets.token_urlsafe(32)}")
        ref = self._store.put(f"calls-{issued.key}", {SECRET: issued.secret})
        try:
            with self._db.transaction() as conn:
                _insert(conn, issued, ref, new=new)
                if overlap is not None:
                    conn.execute(_RETIRE_OTHERS, {"workspace": workspace, "key": issued.key, "overlap": overlap})
        except BaseException:
            self._store.erase(ref)
            raise
        return issued

    def erase_ended(self, workspace: str | None = None) -> None:
        """Erase the secrets of keys that have ended, of one workspace or of all."""
        with self._db.transaction() as conn:
            for (ref,) in conn.execute(_ENDED, {"workspace": workspace}).fetchall():
                self._store.erase(ref)


def _insert(conn: psycopg.Connection[Any], issued: Issued, ref: str, *, new: bool) -> None:
    if new:
        _ensure_workspace(conn, issued.workspace)
    values = {"key": issued.key, "ref": ref, "workspace": issued.workspace}
    if not conn.execute(_ADD, values).rowcount:
        raise Permanent(
            "There is no such workspace.",
            subject=f"workspace {issued.workspace}",
            next_step="`nooks status` lists them; `nooks connect` adds one, and --new one without a CRM.",
        )


def _ensure_workspace(conn: psycopg.Connection[Any], workspace: str) -> None:
    conn.execute("insert into workspaces.workspaces (name) values (%s) on conflict do nothing", (workspace,))
    refuse_meanwhile(conn, workspace, "")
    forget(conn, workspace, "")


# A workspace that is being removed gets no key: its row is locked by then, and gone afterwards.
_ADD = """
    insert into calls.keys (id, workspace, secret_ref)
    select %(key)s, name, %(ref)s from workspaces.workspaces where name = %(workspace)s for key share
"""
# In the transaction that adds the new key: of two that overlap neither sees the other's, so that one stays.
_RETIRE_OTHERS = """
    update calls.keys set retires_at = now() + %(overlap)s
    where workspace = %(workspace)s and id <> %(key)s and (retires_at is null or retires_at > now() + %(overlap)s)
"""
_RETIRE = """
    update calls.keys set retires_at = least(retires_at, now()) where id = %s and workspace = %s
"""
_LIST = """
    select id, workspace, created_at, retires_at, coalesce(retires_at <= now(), false) as retired
    from calls.keys where workspace = %s order by created_at, id
"""
_ENDED = """
    select secret_ref from calls.keys
    where (%(workspace)s::text is null or workspace = %(workspace)s) and retires_at <= now()
        and starts_with(secret_ref, 'file:')
"""
