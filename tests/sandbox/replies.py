"""What an application answered that was called without a socket."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Got:
    """A reply; status 0 is none at all."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)
