"""Values that a canonical column wants in another unit than HubSpot keeps them in.

Belongs here: the arithmetic, each under the last word of a field's name. Does not: which fields there are (`mapping`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.model import FieldType

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one value is made from another; what is null stays null."""

    takes: FieldType
    gives: FieldType
    make: Callable[[pa.Array], pa.Array]


def _day(times: pa.Array) -> pa.Array:
    return times.cast(pa.date32())


def _seconds(milliseconds: pa.Array) -> pa.Array:
    return pc.floor(pc.divide(milliseconds, 1000.0)).cast(pa.int64(), safe=False)


def _percent(shares: pa.Array) -> pa.Array:
    return pc.round(pc.multiply(shares, 100.0), 10)  # 0.07 times 100 is 7.000000000000001


DERIVATIONS: Mapping[str, Derivation] = {
    "date": Derivation(FieldType.TIMESTAMP, FieldType.DATE, _day),
    "seconds": Derivation(FieldType.NUMBER, FieldType.INTEGER, _seconds),
    "percent": Derivation(FieldType.NUMBER, FieldType.NUMBER, _percent),
}
"""By the day in UTC, in whole seconds, in hundredths."""
