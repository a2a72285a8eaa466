"""A program that asks a connection for one object, and writes into a file how often it logged in, or why it failed."""

from contextlib import closing
from pathlib import Path

from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.registry import Registry


def main(url: str, connection_id: str, name: str, told: str) -> None:
    with closing(Database(url, size=4)) as db:
        connector = shared_connectors(db)(Registry(db).connection(connection_id), WorkClass.LIVE)
        try:
            connector.describe(name)
        except Failure as failure:
            Path(told).write_text(str(failure))
            raise
        Path(told).write_text(str(connector.usage().by_kind.get("login", 0)))
