"""Bringing a database to this release's schema.

Belongs here: creating the database, the lock around Alembic, Alembic's configuration.
Does not: the schema itself, which is one file per room in `migrations/versions`.
"""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg import conninfo, errors, sql
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from nooks_dagster.database.pool import address, connect, translated
from nooks_dagster.failures import Permanent, Transient

MIGRATION_LOCK = 0x6E6F6F6B73
"""The advisory lock of everyone who changes the schema: "nooks" in ASCII."""
LOCK_TIMEOUT = "60s"
"""A migration that waits longer for a table would itself hold up every writer queued behind it."""


def migrate(url: str) -> None:
    """Create the database if it is missing and apply what is new, all in one transaction.

    Safe to call from several processes at once: the second waits, then finds nothing to do.

    Raises:
        Transient: Postgres does not answer, or a table stayed locked.
        Permanent: The database may not be created, or belongs to a newer release.
    """
    create_if_missing(url)
    engine = create_engine("postgresql+psycopg://", creator=lambda: connect(url), poolclass=NullPool)
    with translated(address(url)):
        try:
            with engine.begin() as connection:
                _upgrade(connection)
        except DBAPIError as error:
            raise (error.orig or error) from None
        except CommandError as error:
            raise Permanent(
                "The schema is not one that this release knows; a newer release has migrated it.",
                subject=f"Postgres at {address(url)}",
                next_step="Run that release, or point NOOKS_POSTGRES_URL at another database.",
            ) from error


def _upgrade(connection: Connection) -> None:
    # The lock comes first: lock_timeout counts for advisory locks too, and a queue of starters is no failure.
    connection.exec_driver_sql(f"select pg_advisory_xact_lock({MIGRATION_LOCK})")
    connection.exec_driver_sql(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
    folder = str(Path(__file__).parent / "migrations")
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")


def create_if_missing(url: str) -> None:
    """Create the database of a URL through the server's `postgres` database, if that is what stops us."""
    try:
        connect(url).close()
    except Transient as down:
        try:
            conn = connect(url, autocommit=True, dbname="postgres")
        except Transient:
            raise down from None
        with conn:
            conn.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
            _create(conn, url)


def _create(conn: psycopg.Connection, url: str) -> None:
    name = str(conninfo.conninfo_to_dict(url).get("dbname", ""))
    if not name or conn.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        return
    try:
        conn.execute(sql.SQL("create database {} encoding 'UTF8' template template0").format(sql.Identifier(name)))
    except errors.InsufficientPrivilege:
        raise Permanent(
            f'The database "{name}" does not exist and our role may not create it.',
            subject=f"Postgres at {address(url)}",
            next_step=f'As a superuser: create database "{name}", with our role as its owner.',
        ) from None
