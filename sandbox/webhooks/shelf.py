"""What was told to webhooks, and the secrets of their messages, kept where a SIGKILL does not reach.

Belongs here: keeping, counting, telling. Does not: HTTP (`app`).
"""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.store import Store

_TABLES = """
    CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, secret TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS messages (
        number INTEGER PRIMARY KEY, at REAL, name TEXT, id TEXT, signed INTEGER, digest TEXT, body TEXT
    );
    CREATE INDEX IF NOT EXISTS messages_by_id ON messages (name, id);
    CREATE TABLE IF NOT EXISTS refused (name TEXT, why TEXT, count INTEGER, PRIMARY KEY (name, why)) WITHOUT ROWID;
"""
_KEEP = "INSERT INTO messages (at, name, id, signed, digest, body) VALUES (?, ?, ?, ?, ?, ?)"
_SECRET = "INSERT INTO secrets VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET secret = excluded.secret"  # noqa: S105
_REFUSE = "INSERT INTO refused VALUES (?, ?, 1) ON CONFLICT (name, why) DO UPDATE SET count = count + 1"
_TOLD = """
    SELECT name, id, count(*), count(DISTINCT digest), min(signed), max(number) FROM messages GROUP BY name, id
    ORDER BY name, max(number)
"""
_COUNTS = """
    SELECT name, count(*), count(DISTINCT id), count(DISTINCT id || digest), sum(signed) FROM messages GROUP BY name
"""


class Shelf:
    """The messages of all webhooks.

    Args:
        state: The state folder.
    """

    def __init__(self, state: Path) -> None:
        self._store = Store(state / "webhooks.db", _TABLES)

    def set_secret(self, name: str, secret: str) -> None:
        """Let messages to a webhook be signed with a secret from now on."""
        self._store.run(_SECRET, name, secret)

    def secret(self, name: str) -> str | None:
        """Return the secret of a webhook; None where none is known."""
        rows = self._store.run("SELECT secret FROM secrets WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def keep(self, name: str, identity: str, body: bytes, *, signed: bool) -> None:
        """Keep a message that is taken."""
        digest = hashlib.sha256(body).hexdigest()
        self._store.run(_KEEP, time.time(), name, identity, int(signed), digest, body.decode("utf-8", "replace"))

    def refuse(self, name: str, why: str) -> None:
        """Count a message that is not taken."""
        self._store.run(_REFUSE, name, why)

    def reset(self) -> None:
        """Forget all messages; secrets stay."""
        self._store.run("DELETE FROM messages")
        self._store.run("DELETE FROM refused")

    def counts(self) -> dict[str, dict[str, Any]]:
        """Return, of each webhook, how many messages it took and of how many calls, and how many it refused."""
        told: dict[str, dict[str, Any]] = {}
        for name, messages, ids, contents, signed in self._store.run(_COUNTS):
            told[name] = {"messages": messages, "ids": ids, "repeated": messages - contents, "signed": signed}
        for name, why, count in self._store.run("SELECT name, why, count FROM refused ORDER BY name, why"):
            told.setdefault(name, {}).setdefault("refused", {})[why] = count
        return told

    def told(self) -> Iterator[dict[str, Any]]:
        """Yield what each webhook was told of each call: how often, in how many versions, and the last one."""
        for name, identity, messages, contents, signed, last in self._store.run(_TOLD):
            body = self._store.run("SELECT body FROM messages WHERE number = ?", last)[0][0]
            counts = {"messages": messages, "contents": contents, "signed": bool(signed)}
            yield {"webhook": name, "id": identity, **counts, "last": json.loads(body)}
