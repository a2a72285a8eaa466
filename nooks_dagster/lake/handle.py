"""The handle: what passes between steps instead of the data.

Belongs here: one value of fixed size, whatever it points at. Does not: reading or writing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Handle:
    """One immutable object in the lake, and what it must contain.

    Args:
        uri: `gs://bucket/name`.
        rows: Rows in it, 0 for objects that have none.
        bytes: Size of the stored object.
        sha256: Of the stored bytes, in lower-case hexadecimal.
    """

    uri: str
    rows: int
    bytes: int
    sha256: str

    def to_json(self) -> dict[str, JsonValue]:
        """Return the handle as a JSON object, about 200 bytes."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, JsonValue]) -> "Handle":
        """Return the handle that `to_json` described; fields of a later release are ignored.

        Raises:
            KeyError: A field is missing.
        """
        return cls(
            uri=str(value["uri"]),
            rows=int(str(value["rows"])),
            bytes=int(str(value["bytes"])),
            sha256=str(value["sha256"]),
        )
