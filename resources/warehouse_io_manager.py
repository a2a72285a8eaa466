"""Assets that are Postgres tables: `crm/accounts` is `crm.accounts`.

Belongs here: which rows of a table an argument gets. Does not: writing rows, which the asset does itself in
the transaction of its work.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
from psycopg import sql

from nooks_dagster.crm.connectors import how_to_connect
from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces.registry import Registry
from resources.loading import load
from resources.postgres import PostgresResource
from resources.table_handle import TableHandle

HOUR = timedelta(hours=1)


class WarehouseIOManager(dg.ConfigurableIOManager):
    """Loads Postgres tables as arguments; stores nothing, for the asset has written its table already.

    An argument gets the rows of its partitions, workspaces or hours, without those deleted in the source; an asset
    that is partitioned by workspaces gets of hours the rows of its own workspace only. Metadata of the input narrows or
    widens that: `AssetIn(metadata={"columns": ["id", "name"], "include_deleted": True})`.
    """

    postgres: dg.ResourceDependency[PostgresResource]

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Accept that there is nothing to store.

        Raises:
            TypeError: The asset returned a value.
        """
        if obj is not None:
            raise TypeError(
                f"{context.asset_key.to_user_string()} returned a {type(obj).__name__}, but it is a Postgres table "
                "that the asset writes itself. Return MaterializeResult, or set io_manager_key='lake_io_manager'."
            )

    def load_input(self, context: dg.InputContext) -> Any:
        """Load the rows of the upstream partitions in the form of the argument's annotation.

        Raises:
            TypeError: The annotation is none that a table can be loaded as.
            Permanent: There is no such table, column or workspace, or there are too many rows for a frame.
        """
        schema, table = _table(context)
        columns = set(TableHandle(self.postgres.database, schema, table).schema.names)
        handle = TableHandle(self.postgres.database, schema, table, self._condition(context, columns))
        return load(context, handle, context.dagster_type.typing_type)

    def _condition(self, context: dg.InputContext, columns: set[str]) -> sql.Composable:
        conditions: list[sql.Composable] = [sql.SQL("true")]
        if "deleted_reason" in columns and not context.definition_metadata.get("include_deleted"):
            conditions.append(sql.SQL("deleted_reason is null"))
        if context.has_asset_partitions:
            conditions.append(self._of_partitions(context, columns))
        return sql.SQL(" and ").join(conditions)

    def _of_partitions(self, context: dg.InputContext, columns: set[str]) -> sql.Composable:
        partitions, keys = context.asset_partitions_def, sorted(context.asset_partition_keys)
        if isinstance(partitions, dg.DynamicPartitionsDefinition):
            if "connection_id" in columns:
                return sql.SQL("connection_id = any({}::text[])").format(sql.Literal(self._connections(keys)))
            if "workspace" in columns:
                return _of_workspaces(keys)
        if isinstance(partitions, dg.HourlyPartitionsDefinition) and "hour" in columns:
            own = _own_workspace(context)
            narrowed = [_of_workspaces([own])] if own and "workspace" in columns else []
            return sql.SQL(" and ").join([_of_hours(partitions, keys), *narrowed])
        raise Permanent(
            "The table does not say which partition a row belongs to.",
            subject=context.asset_key.to_user_string(),
            next_step="Partition the asset by workspaces and give its table a column connection_id or workspace, or by "
            "hours and give it a column hour.",
        )

    def _connections(self, workspaces: list[str]) -> list[str]:
        """Return the connections of some workspaces, as literals: so Postgres reads their partitions only."""
        registry = Registry(self.postgres.database)
        connections = [c for c in registry.connections() if c.workspace in workspaces]
        unknown = sorted(set(workspaces) - {workspace.name for workspace in registry.workspaces()})
        if unknown:
            raise Permanent(
                f"There is no workspace {unknown[0]}" + (f" (nor {len(unknown) - 1} more)." if unknown[1:] else "."),
                next_step=f"Connect it with {how_to_connect(unknown[0])}.",
            )
        return [connection.id for connection in connections]


def _of_workspaces(names: list[str]) -> sql.Composable:
    return sql.SQL("workspace = any({}::text[])").format(sql.Literal(names))


def _of_hours(partitions: dg.HourlyPartitionsDefinition, keys: Sequence[str]) -> sql.Composable:
    """Return a condition for each stretch of hours without a gap: all hours there are are one."""
    hours = sql.SQL("hour >= {} and hour < {}")
    found = [hours.format(sql.Literal(start), sql.Literal(end)) for start, end in stretches(partitions, keys)]
    return sql.SQL("({})").format(sql.SQL(" or ").join(found)) if found else sql.SQL("false")


def stretches(partitions: dg.HourlyPartitionsDefinition, keys: Sequence[str]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the beginning and the end of each stretch of hours without a gap."""
    zone = ZoneInfo(partitions.timezone)  # by its own means Dagster takes a second for the hours of a year
    starts = sorted(datetime.strptime(key, partitions.fmt).replace(tzinfo=zone).astimezone(UTC) for key in keys)
    for _, hours in groupby(enumerate(starts), lambda place: place[1] - place[0] * HOUR):
        stretch = [start for _, start in hours]
        yield stretch[0], stretch[-1] + HOUR


def _own_workspace(context: dg.InputContext) -> str | None:
    """Return the workspace that the reading asset's partition is, None if that is no workspace."""
    if not context.has_partition_key:
        return None
    partitions = context.step_context.run_partitions_def
    return context.partition_key if isinstance(partitions, dg.DynamicPartitionsDefinition) else None


def _table(context: dg.InputContext) -> tuple[str, str]:
    match list(context.asset_key.path):
        case [schema, table]:
            return schema, table
    raise Permanent(
        "The key of a warehouse asset has two parts, <schema>/<table>.",
        subject=context.asset_key.to_user_string(),
    )
