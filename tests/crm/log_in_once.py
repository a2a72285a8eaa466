"""A process that asks a connection for one object and prints its logins: `… tests.crm.log_in_once URL ID NAME`."""

import sys
from contextlib import closing

from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.registry import Registry


def main(url: str, connection_id: str, name: str) -> int:
    with closing(Database(url, size=4)) as db:
        connector = shared_connectors(db)(Registry(db).connection(connection_id), WorkClass.LIVE)
        try:
            connector.describe(name)
        except Failure as failure:
            sys.stdout.write(str(failure))
            return 1
        sys.stdout.write(str(connector.usage().by_kind.get("login", 0)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
