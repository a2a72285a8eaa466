"""The book that is asked about: accounts of an org and their sites, as the platform's database has them.

Belongs here: reading and copying it. Does not: bringing it there (`benchmarks.sync`, `benchmarks.signals.reading`).
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from benchmarks.crms import WORKSPACE
from benchmarks.services import PROJECT, Services
from benchmarks.signals.truth import World, world

ACCOUNTS = """
    SELECT account_id, site FROM research.accounts
    WHERE workspace = %s AND gone_at IS NULL AND site IS NOT NULL ORDER BY site, account_id
"""
READ = (
    "SELECT url FROM research.pages WHERE sha256 IS NOT NULL AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))"
)

APART = "SELECT setval('signals.plans', (1000 * extract(epoch FROM clock_timestamp()))::bigint)"
"""What the copies plan has names of its own in the lake that they share."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that has a site."""

    id: str
    site: str


def accounts(url: str) -> list[Account]:
    """Return the accounts that have a site."""
    with psycopg.connect(url) as conn:
        return [Account(*row) for row in conn.execute(ACCOUNTS.encode(), [WORKSPACE])]


def pages_read(url: str, kinds: Sequence[str] | None = None) -> set[str]:
    """Return the addresses of all pages that could be read, or of those of some kinds."""
    with psycopg.connect(url) as conn:
        return {page for (page,) in conn.execute(READ.encode(), {"kinds": kinds})}


def truth(where: Services, signals: Sequence[str]) -> World:
    """Return what the sites of the org state."""
    return world(_told(where, "signals", *(f"--signal={name}" for name in signals)))


@contextmanager
def copied(url: str, name: str) -> Iterator[str]:
    """Give a copy of the platform's database for the length of the block; nobody may be connected to the first."""
    server, _, original = url.rpartition("/")
    words = {"name": sql.Identifier(name), "original": sql.Identifier(original)}
    with psycopg.connect(f"{server}/postgres", autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {original}").format(**words))
        try:
            with psycopg.connect(f"{server}/{name}") as copy:
                copy.execute(APART)
            yield f"{server}/{name}"
        finally:
            conn.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**words))


def _told(where: Services, what: str, *options: str) -> list[str]:
    state = ["--org", WORKSPACE, "--state", str(where.folder / "sandbox")]
    command = [sys.executable, "-m", "sandbox", "truth", what, *state, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=PROJECT).stdout.splitlines()
