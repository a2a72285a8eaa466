"""Databases for tests, each as a copy of the migrated one: the same files again, once all that a test left is gone.

Belongs here: lending one, emptying it afterwards, and dropping it when it is not as it was. A copy is 500
files and costs 50 ms of CPU; most tests leave a few rows, or the partitions of a connection. Each test knows its
database by another name, so that what outlives a test cannot reach the next one.
Does not: migrating (`tests.conftest`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

from nooks_dagster.local.postgres import Postgres

ALONE = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
RELATIONS: LiteralString = """
    SELECT c.oid, c.oid::regclass::text, c.relkind::text, pg_relation_size(c.oid) > 0
    FROM pg_class c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY c.oid
"""
REWIND = """
    SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence
    WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""
SHAPE: LiteralString = """
    SELECT md5(concat_ws('|',
        (SELECT string_agg(concat_ws(' ', oid, relname, relnamespace, relkind, reloptions), ',' ORDER BY oid)
            FROM pg_class WHERE oid >= 16384),
        (SELECT string_agg(concat_ws(' ', attrelid, attname, atttypid, attnotnull), ',' ORDER BY attrelid, attnum)
            FROM pg_attribute WHERE attrelid >= 16384),
        (SELECT string_agg(concat_ws(' ', oid, adbin), ',' ORDER BY oid) FROM pg_attrdef),
        (SELECT string_agg(concat_ws(' ', oid, convalidated), ',' ORDER BY oid) FROM pg_constraint),
        (SELECT string_agg(concat_ws(' ', oid, tgenabled), ',' ORDER BY oid) FROM pg_trigger),
        (SELECT string_agg(concat_ws(' ', oid, proname, prosrc), ',' ORDER BY oid) FROM pg_proc WHERE oid >= 16384),
        (SELECT string_agg(concat_ws(' ', oid, nspname), ',' ORDER BY oid) FROM pg_namespace WHERE oid >= 16384),
        (SELECT count(*) FROM pg_db_role_setting)))
"""
CONTENT = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {} t"
KINDS = {"VIEW": "v", "MATERIALIZED VIEW": "m", "TABLE": "rp", "SEQUENCE": "S"}


@dataclass(frozen=True, slots=True)
class Pristine:
    """What a fresh database is like: its relations, tables that have rows, what these say, and all definitions."""

    relations: frozenset[int]
    filled: Sequence[str]
    contents: Sequence[Any]
    shape: Any


class Databases:
    """The databases of one server.

    Args:
        server: Which.
        template: The migrated database that they are as.
    """

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._spare: list[str] = []
        with psycopg.connect(self._url(template)) as conn:
            known = conn.execute(RELATIONS).fetchall()
            filled = [name for _, name, kind, full in known if full and kind == "r"]
            shape = conn.execute(SHAPE).fetchone()
            self._pristine = Pristine(frozenset(one[0] for one in known), filled, _contents(conn, filled), shape)

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Give the address of a database that nobody else has, for as long as the block lasts."""
        if self._spare:
            name = self._spare.pop()
        else:
            name = _new_name()
            create_database(self._server, name, self._template)
        yield self._url(name)
        self._take_back(name)

    def _take_back(self, name: str) -> None:
        """End all sessions of a database, and keep it for the next test if it can be made as it was."""
        new = _new_name()
        try:
            with psycopg.connect(self._server.url, autocommit=True) as conn:
                conn.execute(ALONE, (name,))
                conn.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (name, new))))
            if self._emptied(new):
                self._spare.append(new)
                return
        except psycopg.Error:  # somebody came back, or dropped it
            drop_database(self._server, name)
        drop_database(self._server, new)

    def _emptied(self, name: str) -> bool:
        """Remove what a test has made; return whether everything is as it was."""
        with psycopg.connect(self._url(name), autocommit=True) as conn:
            made, filled = [], []
            for oid, relation, kind, full in conn.execute(RELATIONS):
                if oid not in self._pristine.relations:
                    made.append((relation, kind))
                elif full and kind == "r" and relation not in self._pristine.filled:
                    filled.append(relation)
            for word, kinds in KINDS.items():
                if names := [relation for relation, kind in made if kind in kinds]:
                    conn.execute(f"DROP {word} IF EXISTS {', '.join(names)} CASCADE".encode())
            if filled:
                conn.execute(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE".encode())
            conn.execute(REWIND)
            same = conn.execute(SHAPE).fetchone() == self._pristine.shape
            return same and _contents(conn, self._pristine.filled) == self._pristine.contents

    def _url(self, name: str) -> str:
        return self._server.url.replace("/postgres", f"/{name}")


def create_database(server: Postgres, name: str, template: str = "template1") -> None:
    """Make a database as a copy of another."""
    # Copying the files takes 26 ms, writing all of them to the log 63 to 136.
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(server: Postgres, name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    with psycopg.connect(server.url, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _new_name() -> str:
    return f"test_{uuid4().hex[:12]}"


def _contents(conn: psycopg.Connection[Any], tables: Sequence[str]) -> list[Any]:
    return [conn.execute(CONTENT.format(table).encode()).fetchone() for table in tables]
