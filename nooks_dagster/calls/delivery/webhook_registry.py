"""The webhooks of a workspace: where its recorded calls are told to.

Belongs here: the rows of `calls.webhooks`, and their secrets. Does not: sending (`calls.delivery.webhooks`).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.calls.delivery.webhooks import Target
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.research.web.posting import public_https
from nooks_dagster.workspaces.secrets import FileSecrets, open_secret

SECRET = "secret"  # noqa: S105 - the name under which it is kept
KNOWN = "select from workspaces.workspaces where name = %s for key share"
ADD = "insert into calls.webhooks (id, workspace, url, secret_ref) values (%s, %s, %s, %s)"
LIST = "select id, workspace, url, state, created_at from calls.webhooks where workspace = %s order by created_at, id"
FIND = "select url, secret_ref from calls.webhooks where id = %s"
MOVE = """
    update calls.webhooks set url = %s where workspace = %s and (id = %s or url = %s) returning id
"""
# What waits behind an address that did not do goes to the other at once.
GO_ON = (
    "update calls.lanes set next_at = now(), strikes = 0 where integration = %s",
    "update work.items set due_at = now() where lane = 'deliveries/' || %s and state = 'waiting'",
)
REMOVE = "delete from calls.webhooks where workspace = %s and (id = %s or url = %s) returning id, secret_ref"
# What was waiting for a webhook that is gone is owed to nobody.
WITHDRAW = "update calls.deliveries set state = 'withdrawn' where integration = %s and state in ('waiting', 'dead')"
FORGET = """
    delete from work.items where id in (
        select id from work.items where queue = 'calls.deliveries' and lane = 'deliveries/' || %s and state <> 'done'
        order by id for update)
"""


@dataclass(frozen=True, slots=True)
class Address:
    """A webhook as it is listed."""

    id: str
    workspace: str
    url: str
    state: str
    created_at: datetime


class Addresses:
    """The webhooks of the platform.

    Args:
        db: The platform's database.
        store: Where secrets are kept.
    """

    def __init__(self, db: Database, store: FileSecrets) -> None:
        self._db = db
        self._store = store

    def add(self, workspace: str, url: str) -> tuple[str, str]:
        """Add a webhook to a workspace; return its id, and the secret that its messages are signed with.

        Raises:
            Permanent: There is no such workspace, or the address may not be called.
        """
        spelled = _spelled(url)
        identity, secret = f"wh_{secrets.token_hex(8)}", f"nws_{secrets.token_urlsafe(32)}"
        with self._db.transaction() as conn:
            if conn.execute(KNOWN, [workspace]).fetchone() is None:
                raise Permanent(f"There is no workspace {workspace[:63]!r}.", next_step="`nooks status` lists them.")
            ref = self._store.put(identity, {SECRET: secret})
            conn.execute(ADD, (identity, workspace, spelled, ref))
        return identity, secret

    def of(self, workspace: str) -> Sequence[Address]:
        """Return the webhooks of a workspace."""
        with self._db.transaction() as conn:
            return conn.cursor(row_factory=class_row(Address)).execute(LIST, [workspace]).fetchall()

    def move(self, workspace: str, named: str, url: str) -> Sequence[str]:
        """Let the webhooks that have this id or address lead elsewhere, what waits for them too; return their ids.

        Their secrets stay.

        Raises:
            Permanent: There is none, or the address may not be called.
        """
        spelled = _spelled(url)
        with self._db.transaction() as conn:
            moved = [one for (one,) in conn.execute(MOVE, (spelled, workspace, named, public_https(named) or named))]
            for identity in moved:
                for statement in GO_ON:
                    conn.execute(statement, (identity,))
        if not moved:
            raise _unknown(workspace)
        return moved

    def remove(self, workspace: str, named: str) -> Sequence[str]:
        """Remove the webhooks of a workspace that have this id or address; return their ids.

        Raises:
            Permanent: There is none.
        """
        with self._db.transaction() as conn:
            gone = conn.execute(REMOVE, (workspace, named, public_https(named) or named)).fetchall()
            for identity, _ in gone:
                withdraw(conn, identity)
        if not gone:
            raise _unknown(workspace)
        for _, ref in gone:
            self._store.erase(ref)
        return [identity for identity, _ in gone]

    def target(self, identity: str) -> Target:
        """Return where a webhook leads.

        Raises:
            Permanent: It is gone, or its secret is.
        """
        with self._db.transaction() as conn:
            row = conn.execute(FIND, [identity]).fetchone()
        if row is None:
            raise Permanent("It was removed.", subject=identity)
        return Target(identity, row[0], open_secret(row[1], self._store.folder)[SECRET])


def _spelled(url: str) -> str:
    spelled = public_https(url)
    if spelled is None:
        raise Permanent("A webhook is an https:// address of a public host name, on port 443 or 80.", subject="webhook")
    return spelled


def _unknown(workspace: str) -> Permanent:
    return Permanent("There is no such webhook.", next_step=f"`nooks calls webhooks list {workspace[:63]}`.")


def withdraw(conn: psycopg.Connection[Any], integration: str) -> None:
    """Owe nothing any more to an integration that is gone, in the caller's transaction.

    Items are locked before their deliveries, as a batch does that is settled meanwhile.
    """
    for statement in (FORGET, WITHDRAW):
        conn.execute(statement, [integration])
