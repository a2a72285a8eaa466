"""Lists of words in the lake: whom an item of work is about, for the ledger keeps only the handle (I8).

Belongs here: writing, reading and removing one. Does not: who is on it, or where it lies.
"""

import json
from collections.abc import Sequence

from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake


def write_list(lake: Lake, name: str, words: Sequence[str]) -> Handle:
    """Write a list; doing it twice is doing it once.

    Raises:
        Transient: The lake does not answer.
    """
    return lake.put(name, json.dumps(list(words)).encode(), "application/json", len(words))


def read_list(lake: Lake, handle: Handle) -> list[str]:
    """Return a list.

    Raises:
        Corrupt: It is not what was written.
        Missing: It is gone.
        Transient: The lake does not answer.
    """
    words = json.loads(lake.get(handle))
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Corrupt("The object is no list of words.", subject=handle.uri)
    return words


def remove_list(lake: Lake, handle: Handle) -> None:
    """Remove a list that is done with; one that is gone already is no error."""
    lake.remove([handle.uri.removeprefix(lake.uri(""))])
