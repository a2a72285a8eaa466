"""Migrating is safe from any state and from several processes at once."""

import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from nooks_dagster.database.migrate import migrate
from nooks_dagster.failures import Permanent, Transient
from nooks_dagster.local.postgres import Postgres
from tests.databases import drop_database

ROOMS = {"workspaces", "work", "lake", "budgets", "crm"}


@pytest.fixture
def missing_database_url(postgres_server: Postgres) -> Iterator[str]:
    name = f"missing-{uuid4().hex[:8]}"
    yield postgres_server.url.replace("/postgres", f"/{name}")
    drop_database(postgres_server, name)


def schemas(url: str) -> set[str]:
    with psycopg.connect(url) as conn:
        return {name for (name,) in conn.execute("select nspname from pg_namespace").fetchall()}


def test_a_missing_database_is_created_with_every_room_in_it(missing_database_url: str) -> None:
    migrate(missing_database_url)
    assert schemas(missing_database_url) >= ROOMS


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    assert schemas(database_url) >= ROOMS


def test_two_processes_may_migrate_a_missing_database_at_once(missing_database_url: str) -> None:
    code = "import sys; from nooks_dagster.database.migrate import migrate; migrate(sys.argv[1])"
    command = [sys.executable, "-c", code, missing_database_url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert schemas(missing_database_url) >= ROOMS


def test_a_newer_schema_is_refused_in_words(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("update schema_version set version_num = '9999'")
    with pytest.raises(Permanent, match="a newer release has migrated it"):
        migrate(database_url)


def test_a_stopped_postgres_is_worth_another_try() -> None:
    with pytest.raises(Transient, match=r"127\.0\.0\.1:1/nooks: Postgres does not answer"):
        migrate("postgresql://nooks:secret@127.0.0.1:1/nooks")


def test_a_role_that_may_not_create_the_database_is_told_what_a_superuser_must_do(
    postgres_server: Postgres, missing_database_url: str
) -> None:
    role = f"guest_{uuid4().hex[:8]}"
    with psycopg.connect(postgres_server.url, autocommit=True) as conn:
        conn.execute(f"create role {role} login")
    host = missing_database_url.rpartition("@")[2]
    with pytest.raises(Permanent, match="may not create it") as failure:
        migrate(f"postgresql://{role}@{host}")
    assert "As a superuser: create database" in failure.value.next_step
