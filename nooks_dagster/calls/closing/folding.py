"""Folding: the transcripts of a workspace's hour, one object a call, become one Parquet object.

Belongs here: which objects go in, and that none is lost on the way. Does not: when it is done, or who may
(`calls.closing.closing`), the columns (`calls.closing.utterances`), reading one back (`calls.closing.archive`).

```
calls/transcripts/hour=2026-11-29T14/workspace=acme/call=123-7.json, …  ->  …/<writer>-<hash>.parquet, manifest.json
```

An object is removed only after the manifest names a part that holds its rows, and only by who put it there: one that
read an older manifest can't replace the newer, so that a worker back from the dead undoes nothing. So is one that is
older than its call's transcript: who wrote it has lost the call. A newer one may be about to become the transcript.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from nooks_dagster.calls.closing.utterances import OBJECT, SCHEMA, batch_of, rows_of
from nooks_dagster.calls.transcript import Transcript
from nooks_dagster.failures import Transient
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.manifest import Manifest
from nooks_dagster.lake.store import Lake

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

PAGE = 256  # transcripts in memory at once: 5,000 utterances
READERS = 8  # a read is nearly all waiting
_OBJECT = re.compile(r"call=(\d+)-(\d+(?:-\d+)*)\.json")


@dataclass(frozen=True, slots=True)
class Folded:
    """What a folder holds now: the part (None if nobody said anything), and how many objects went into it anew."""

    part: Handle | None
    added: int
    removed: int


class Folding:
    """Folds folders.

    Args:
        lake: Where they are.
        writer: Who folds, unlike any other: the first half of the part's name.
        check: Called as the work moves; raises when the right to do it is lost.
    """

    def __init__(self, lake: Lake, writer: str, check: Callable[[], None]) -> None:
        self._lake = lake
        self._writer = writer
        self._check = check

    def fold(self, folder: str, ask: Callable[[], Mapping[str, Handle]]) -> Folded:
        """Let a folder's Parquet object hold exactly the wanted transcripts, and remove what went into it.

        Done again it goes on from where it was: what is in the part already is not read a second time.

        Args:
            folder: The dataset.
            ask: Returns what is wanted: name below the folder to handle, in the order of the calls. One without an
                utterance stays as it is, for it would be no row. Asked after the manifest was read, so that nobody
                drops what a later one has put in.

        Raises:
            Missing: A transcript is neither an object nor in the part.
            Transient: Somebody else folded this folder meanwhile.
        """
        dataset = Dataset(self._lake, folder)
        seen = dataset.manifest()
        there = {stored.name.removeprefix(f"{folder}/") for stored in self._lake.objects(f"{folder}/")}
        asked = ask()
        wanted = {name: handle for name, handle in asked.items() if handle.rows}
        names = self._names(dataset) if seen.parts else set()
        part, gone = (seen.parts[0].handle if seen.parts else None), there & wanted.keys()
        if not seen.schemas and not wanted:
            dataset.publish([], SCHEMA)  # that nobody said anything is known too, and no error to who reads it
        elif names != wanted.keys():
            new = [(name, handle) for name, handle in wanted.items() if name not in names]
            part = self._swap(dataset, seen, self._rows(dataset if seen.parts else None, wanted, new), SCHEMA)
            gone |= _superseded(there, part)
        gone |= _outdated(there, asked)
        self._check()
        self._lake.remove([f"{folder}/{name}" for name in sorted(gone)])
        return Folded(part, len(wanted.keys() - names), len(gone))

    def replace(self, folder: str, rows: Iterator[pa.RecordBatch], schema: pa.Schema) -> Handle:
        """Let a folder's Parquet object hold other rows.

        Raises:
            Transient: Somebody else did so meanwhile.
        """
        dataset = Dataset(self._lake, folder)
        seen = dataset.manifest()
        there = {stored.name.removeprefix(f"{folder}/") for stored in self._lake.objects(f"{folder}/")}
        part = self._swap(dataset, seen, rows, schema)
        self._lake.remove([f"{folder}/{name}" for name in sorted(_superseded(there, part))])
        return part

    def _names(self, dataset: Dataset) -> set[str]:
        """Return the objects that the part was made of."""
        names: set[str] = set()
        for batch in dataset.batches([OBJECT]):
            self._check()
            names.update(pc.unique(batch.column(0)).to_pylist())
        return names

    def _swap(self, dataset: Dataset, seen: Manifest, rows: Iterable[pa.RecordBatch], schema: pa.Schema) -> Handle:
        """Let a new part take the place of those that were seen."""
        part = dataset.write(rows, schema, self._writer)
        self._check()
        if not dataset.fold(seen, len(seen.deltas), [([part], schema)]):
            raise Transient("Another worker closed this hour meanwhile.", subject=dataset.uri)
        return part

    def _rows(
        self, before: Dataset | None, wanted: Mapping[str, Handle], new: Sequence[tuple[str, Handle]]
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows that stay, then those of the objects that are new, by call."""
        kept = pa.array(wanted, pa.string())
        for batch in before.batches() if before else ():
            self._check()
            yield batch.filter(pc.is_in(batch[OBJECT], value_set=kept))
        with ThreadPoolExecutor(READERS) as readers:
            for start in range(0, len(new), PAGE):
                self._check()
                transcripts = readers.map(self._read, new[start : start + PAGE])
                yield batch_of([row for rows in transcripts for row in rows])

    def _read(self, named: tuple[str, Handle]) -> Sequence[Mapping[str, object]]:
        name, handle = named
        return list(rows_of(Transcript.model_validate_json(self._lake.get(handle)), name))


def _superseded(names: set[str], part: Handle) -> set[str]:
    """Return the parts that were there before another took their place; who would still publish one can't any more."""
    return {name for name in names if name.endswith(".parquet") and not part.uri.endswith(f"/{name}")}


def _outdated(names: set[str], wanted: Iterable[str]) -> set[str]:
    """Return the objects of calls whose wanted object is of a later item or a later claim."""
    latest = dict(filter(None, map(_made, wanted)))
    made = ((name, _made(name)) for name in names)
    return {name for name, of in made if of and of[0] in latest and of[1] < latest[of[0]]}


def _made(name: str) -> tuple[int, tuple[int, ...]] | None:
    """Return of which call an object is, and the numbers of the item and the claim under which it was made."""
    found = _OBJECT.fullmatch(name)
    return (int(found[1]), tuple(int(number) for number in found[2].split("-"))) if found else None
