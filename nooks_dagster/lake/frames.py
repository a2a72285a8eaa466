"""Between Arrow tables and pandas frames, losing nothing.

Belongs here: the dtypes that a data engineer sees. Does not: where the rows come from.
"""

import pandas as pd
import pyarrow as pa

_NULLABLE = {
    pa.string(): pd.StringDtype(),
    pa.large_string(): pd.StringDtype(),
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
}


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as a frame.

    A table that came from a frame gets that frame's dtypes and index back. Any other gets dtypes that can
    hold nulls (`string`, `Int64`, `boolean`) and `datetime64[us, UTC]`, which reaches beyond the year 2262.
    """
    of_a_frame = b"pandas" in (table.schema.metadata or {})
    options = {} if of_a_frame else {"types_mapper": _NULLABLE.get, "date_as_object": False}
    frame: pd.DataFrame = table.to_pandas(**options)
    return frame


def to_table(frame: pd.DataFrame) -> pa.Table:
    """Return a frame as a table that remembers its dtypes and its index.

    Raises:
        TypeError: A column mixes types; the message names the column, never a value.
    """
    try:
        return pa.Table.from_pandas(frame)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        # No cause: Arrow's message quotes the value that it stumbled over.
        raise TypeError(f"The frame has no Arrow form: {error.args[-1]}. Give the column one type.") from None
