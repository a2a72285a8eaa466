"""Removing everything below folders of a name, wherever in the bucket they are.

Belongs here: finding and emptying them. Does not: what the names mean (`workspace=acme`), or who may.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nooks_dagster.lake.store import Lake

BATCH = 1_000  # objects removed between two looks


@dataclass(frozen=True, slots=True)
class Emptied:
    """What was removed from the lake."""

    objects: int = 0
    bytes: int = 0


def remove_folders(lake: Lake, path: Sequence[str]) -> Emptied:
    """Remove all objects below each folder whose name ends with some parts; doing it twice is no error.

    Args:
        lake: The bucket.
        path: Names of folders, one in the other, such as `("connection=acme-salesforce", "source=Lead")`.
    """
    emptied = [remove_below(lake, folder) for folder in list(_found(lake, "", path))]
    return Emptied(sum(one.objects for one in emptied), sum(one.bytes for one in emptied))


def remove_below(lake: Lake, folder: str) -> Emptied:
    """Remove all objects below a folder, whose name ends in `/`."""
    objects = size = 0
    waiting: list[str] = []
    for stored in lake.objects(folder):
        objects, size = objects + 1, size + stored.bytes
        waiting.append(stored.name)
        if len(waiting) == BATCH:
            lake.remove(waiting)
            waiting = []
    lake.remove(waiting)
    return Emptied(objects, size)


def _found(lake: Lake, prefix: str, path: Sequence[str]) -> Iterator[str]:
    """Yield the folders, without a look into those of others: of `workspace=globex` none is `workspace=acme`'s."""
    first = path[0].partition("=")[0]
    for folder in lake.folders(prefix):
        name = folder.removeprefix(prefix).rstrip("/")
        if name == path[0]:
            inner = path[1:]
            yield from _found(lake, folder, inner) if inner else [folder]
        elif name.partition("=")[0] != first:
            yield from _found(lake, folder, path)
