"""What both IO managers agree on when an asset becomes an argument.

Belongs here: the annotation, the columns and the row limit of an input. Does not: where the rows are.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import dagster as dg
import pandas as pd
import pyarrow as pa

from nooks_dagster.failures import Permanent
from nooks_dagster.settings import settings


class LazyTable(Protocol):
    """A table of which nothing is read before it is asked for: `Dataset` or `TableHandle`."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        ...

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows in constant memory."""
        ...

    def reader(self, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        """Return the rows as an Arrow stream."""
        ...

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all rows."""
        ...

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return all rows as a frame."""
        ...


def load(context: dg.InputContext, table: LazyTable, wanted: Any) -> Any:
    """Return a table in the form that the argument's annotation asks for.

    Args:
        context: Of the input. Its metadata may name the `columns` to read.
        table: The rows.
        wanted: The annotation.

    Raises:
        Permanent: There are more rows than are loaded at once.
        TypeError: The annotation is none that a table can be loaded as.
    """
    columns = context.definition_metadata.get("columns")
    if wanted is type(table):
        return table
    if wanted is pa.RecordBatchReader:
        return table.reader(columns)
    if wanted not in (pd.DataFrame, pa.Table):
        raise TypeError(
            f"The argument {context.name} cannot be loaded as {name_of(wanted)}. Annotate it as pandas.DataFrame, "
            f"pyarrow.Table, pyarrow.RecordBatchReader or {type(table).__name__}."
        )
    _refuse_too_many(context, table)
    return table.to_arrow(columns) if wanted is pa.Table else table.to_pandas(columns)


def name_of(wanted: Any) -> str:
    """Return an annotation as a person wrote it."""
    return "anything (it has no annotation)" if wanted is Any else getattr(wanted, "__name__", str(wanted))


def _refuse_too_many(context: dg.InputContext, table: LazyTable) -> None:
    limit = settings().max_frame_rows
    if (rows := table.rows) > limit:
        raise Permanent(
            f"The argument {context.name} has {rows:,} rows, more than the {limit:,} that are loaded at once.",
            subject=context.asset_key.to_user_string(),
            next_step=f"Annotate it as {type(table).__name__} and read its batches(), or raise NOOKS_MAX_FRAME_ROWS.",
        )
