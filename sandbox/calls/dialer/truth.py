"""The truth of the calls that were sent: a file in the state folder, a line each.

Belongs here: writing and reading it. Does not: what should come of a call (`planning`).
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.calls.dialer.sending import Sent


def file_of(state: Path) -> Path:
    """Return where the truth about calls is kept."""
    return state / "calls.jsonl"


class Journal:
    """Writes the truth, each line as soon as a call was answered.

    Args:
        state: The state folder.
    """

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._file = file_of(state).open("a", buffering=1, encoding="utf-8")

    def write(self, truth: Mapping[str, Any], key: str, sent: Sent) -> None:
        """Write down a call: the truth, and how it was answered."""
        answer = {"key": key, "id": sent.id, "statuses": sent.statuses, "problem": sent.problem or None}
        self._file.write(json.dumps({**truth, **answer}, ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """End it."""
        self._file.close()


def calls(state: Path) -> Iterator[dict[str, Any]]:
    """Yield the truth about every call that was sent, in the order of the answers."""
    if file_of(state).exists():
        with file_of(state).open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
