"""A row that something happened to, as it is from one change to the next.

Belongs here: what is known of it, and its form in the log. Does not: how many there are (`rows`).
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.salesforce.moments import to_json
from sandbox.salesforce.org import JsonValue

SEEN, UNSEEN, PURGED = "seen", "unseen", "purged"
"""A row that is unseen is there, but not shared with the API's user; a purged one is in no recycle bin any more."""

Place = tuple[int, bool]
"""Where an object's own row stands: its stamp in milliseconds, and whether it is deleted."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One version of a row.

    Args:
        id: 15 characters.
        like: The id of the row below, whose values it has where it has none of its own: for an inserted row another's,
            or nothing, and then those are null.
        stamp: SystemModstamp, milliseconds.
        deleted: Whether it is in the recycle bin.
        base: Where the row below stands, None for an inserted row: it hides none.
        state: Who can see it.
        values: Its own, by field.
    """

    id: str
    like: str
    stamp: int
    deleted: bool
    base: Place | None
    state: str = SEEN
    values: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def own(self) -> dict[str, JsonValue]:
        """All values that are not those of the row below."""
        return {**self.values, "IsDeleted": self.deleted, "SystemModstamp": to_json(self.stamp)}

    def written(self) -> dict[str, Any]:
        """Return it for the log."""
        return asdict(self)


def read_row(written: dict[str, Any]) -> Changed:
    """Return a row from the log."""
    base = written["base"]
    return Changed(**{**written, "base": None if base is None else (base[0], base[1])})
