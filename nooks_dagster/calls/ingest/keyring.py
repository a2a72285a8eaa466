"""The keyring: the keys that count now, in memory, and the database's time.

Belongs here: looking them up without a query for each request. Does not: issuing them (`calls.ingest.keys`).

A key that was retired counts for two seconds more at most, and for a minute when Postgres does not answer: then nothing
can be accepted either.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from pathlib import Path

from nooks_dagster.calls.ingest.keys import SECRET
from nooks_dagster.calls.ingest.looking import Looking
from nooks_dagster.calls.ingest.signatures import Signer
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, Permanent, Unavailable
from nooks_dagster.workspaces.secrets import open_secret

log = logging.getLogger(__name__)

REFRESH_SECONDS = 2.0
MISS_SECONDS = 0.2
"""An unknown key, which anybody can invent, is looked for at most so often."""
PATIENCE_SECONDS = 5.0
READY_SECONDS = 10.0
TRUST_SECONDS = 60.0
STANDING = """
    SELECT id, workspace, secret_ref FROM calls.keys WHERE retires_at IS NULL OR retires_at > now()
"""
NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"


class Keyring:
    """The keys of all workspaces, as one process knows them.

    Args:
        db: The platform's database.
        folder: Where secrets are kept.
    """

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._signers: Mapping[str, Signer] = {}
        self._looking = Looking("ingest-keys", self._read)
        self._loaded = self._tried = float("-inf")
        self._offset = 0.0

    @property
    def ready(self) -> bool:
        """Say whether Postgres has answered lately."""
        return time.monotonic() - self._loaded < READY_SECONDS

    def now(self) -> float:
        """Return the database's time (epoch)."""
        return time.monotonic() + self._offset

    async def find(self, key: str) -> Signer | None:
        """Return who signs with a key, None if it is unknown or has ended.

        Raises:
            Unavailable: Which keys count is not known.
        """
        if key not in self._signers and time.monotonic() - self._tried > MISS_SECONDS:
            await self.load()
        if time.monotonic() - self._loaded > TRUST_SECONDS:
            raise Unavailable("Postgres has not told lately which keys count.", subject="ingest")
        return self._signers.get(key)

    async def keep_fresh(self) -> None:
        """Read the keys again and again, until cancelled."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            await self.load()

    async def load(self) -> None:
        """Read the keys, or log why not."""
        self._tried = time.monotonic()
        try:
            await self._looking.now(PATIENCE_SECONDS)
        except Exception as error:  # noqa: BLE001 - it is tried again, and readiness tells meanwhile
            told = error if isinstance(error, Failure) else type(error).__name__
            log.warning("the keys could not be read: %s", told)

    def _read(self) -> None:
        began = time.monotonic()
        with self._db.transaction() as conn:
            ((now,),) = conn.execute(NOW).fetchall()
            rows = conn.execute(STANDING).fetchall()
        self._signers = {key: signer for key, workspace, ref in rows if (signer := self._signer(key, workspace, ref))}
        self._offset = now - time.monotonic()
        self._loaded = began

    def _signer(self, key: str, workspace: str, ref: str) -> Signer | None:
        known = self._signers.get(key)
        if known and known.workspace == workspace:
            return known
        try:
            return Signer(key, workspace, open_secret(ref, self._folder)[SECRET].encode())
        except (Permanent, KeyError) as error:
            log.warning("key %s does not count: its secret cannot be read (%s)", key, type(error).__name__)
            return None
