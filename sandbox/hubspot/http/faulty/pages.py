"""Pages of rows as the faults take them apart and put them together.

Belongs here: `sandbox.faults.vendor.Page` for HubSpot. Does not: which rows a page shall have.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.faults.reply import Reply
from sandbox.hubspot.http.faulty.seen import after_page, after_row
from sandbox.hubspot.http.replies import as_json


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """A reply with `results`; where it tells a `total`, that is of all pages, whatever this one has."""

    document: dict[str, Any]
    path: str

    @property
    def rows(self) -> Sequence[Any]:
        """The results."""
        results: list[Any] = self.document["results"]
        return results

    @property
    def remembered_as(self) -> Sequence[str]:
        """What the call for the next page may name: what this one says, or its last id."""
        after = ((self.document.get("paging") or {}).get("next") or {}).get("after")
        names = [after_page(self.path, after)] if after else []
        return [*names, after_row(self.path, str(self.rows[-1]["id"]))] if self.rows else names

    def write(self, reply: Reply, rows: Sequence[Any], *, counted: bool, last: bool) -> None:  # noqa: ARG002
        """Put other rows into the reply."""
        document = {**self.document, "results": rows}
        if last:
            document.pop("paging", None)
        reply.body = as_json(document)


def read_page(reply: Reply, path: str) -> ResultsPage | None:
    """Return the rows that a reply has, or None."""
    if reply.status not in {200, 207} or not reply.body:
        return None
    document = json.loads(reply.body)
    return ResultsPage(document, path) if isinstance(document, dict) and "results" in document else None
