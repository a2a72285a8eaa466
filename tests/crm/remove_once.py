"""A program that removes acme's connection, to be killed; see `tests.programs`."""

from contextlib import closing
from pathlib import Path

from nooks_dagster.crm.lifecycle.removing import remove_connection
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.workspaces.registry import Registry


def main(url: str, bucket: str, scratch: str) -> None:
    with closing(Database(url, size=2)) as db:
        connection = Registry(db).connection("acme-salesforce")
        remove_connection(db, Lake(bucket, scratch=Path(scratch)), connection)
