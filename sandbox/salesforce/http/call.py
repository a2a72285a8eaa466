"""One call of the REST interface, as handlers see it once it was let in.

Belongs here: what a handler may know and do.
Does not: HTTP, authentication, quota (`rest`); addresses (`resources`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.salesforce.bulk.batches import Batches
from sandbox.salesforce.bulk.ingest import Ingests
from sandbox.salesforce.bulk.registry import Jobs
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.locators import Locators
from sandbox.salesforce.org import Org

Handler = Callable[["Call"], Any]
"""Answers a call with a value that becomes the JSON body, or with a ready Response. Raises ApiError or SoqlError."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `path` holds the variable parts of the address, `version` is like `59.0`, `kind` as in `Resource`."""

    org: Org
    version: str
    method: str
    address: str
    locators: Locators
    jobs: Jobs
    batches: Batches
    counters: Counters
    ingests: Ingests
    faults: Faults
    used: int
    allowance: int
    path: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    kind: str = ""

    @property
    def base(self) -> str:
        """The address below which this version's resources are."""
        return f"/services/data/v{self.version}"

    @property
    def document(self) -> dict[str, Any]:
        """The body, an object of JSON.

        Raises:
            ApiError: It is none.
        """
        try:
            document = json.loads(self.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The body is no JSON object")
        return document


def timestamp(moment: datetime) -> str:
    """Return a moment as the REST interface writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
