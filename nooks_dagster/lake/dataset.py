"""A dataset: the parts that a manifest names, read lazily as one table.

Belongs here: publishing parts and reading them back, verified. Does not: who may publish when (`ledger`),
or which partition a prefix stands for (`resources`).

Example:
    contacts = Dataset(lake, "crm_raw/contacts/workspace=acme/connection=acme-salesforce/source=Contact")
    for batch in contacts.batches(columns=["Id", "Email"], filters=[("IsDeleted", "=", False)]):
        ...
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from urllib.parse import unquote

import pandas as pd
import pyarrow as pa

from nooks_dagster.lake import scan
from nooks_dagster.lake.documents import Document
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.frames import to_frame
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.manifest import Group, Manifest
from nooks_dagster.lake.parts import PartWriter
from nooks_dagster.lake.scan import Filter
from nooks_dagster.lake.store import Lake

MANIFEST = "manifest.json"


class Dataset:
    """A lazy handle on the rows below one or more prefixes.

    What it holds is decided when it is first read: later publications are seen by a new `Dataset`.

    Args:
        lake: The bucket.
        prefixes: Folders in it that have a manifest each, without a trailing slash.
        hive: Whether `name=value` folders in the names of the parts are columns too. A column of the same
            name in the parts wins.
    """

    def __init__(self, lake: Lake, *prefixes: str, hive: bool = False) -> None:
        self.prefixes = prefixes
        self._lake = lake
        self._hive = hive

    @classmethod
    def below(cls, lake: Lake, *folders: str) -> "Dataset":
        """Return every dataset at or below some folders as one, their Hive folders as columns."""
        return cls(lake, *(prefix for folder in folders for prefix in _prefixes(lake, folder)), hive=True)

    @property
    def uri(self) -> str:
        """Address of the first prefix, for messages and metadata."""
        return self._lake.uri(self.prefixes[0]) if self.prefixes else ""

    @property
    def published(self) -> bool:
        """Whether anything was ever published, if only the fact that there are no rows."""
        return bool(self.prefixes) and all(self._read(prefix)[1] for prefix in self.prefixes)

    @property
    def handles(self) -> tuple[Handle, ...]:
        """The parts, in the order of their publication."""
        return tuple(part.handle for manifest in self._manifests for part in manifest.parts)

    @property
    def rows(self) -> int:
        """How many rows there are, as the manifests tell."""
        return sum(handle.rows for handle in self.handles)

    @property
    def bytes(self) -> int:
        """The stored size."""
        return sum(handle.bytes for handle in self.handles)

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns of all parts together, then those that the Hive folders tell."""
        schema = scan.unified(schema for manifest in self._manifests for schema in manifest.schemas.values())
        for name in dict.fromkeys(name for handle in self.handles for name in self._folders(handle)):
            if name not in schema.names:
                schema = schema.append(pa.field(name, pa.string()))
        return schema

    def manifest(self) -> Manifest:
        """Return the manifest of the only prefix as it is now; empty if nothing was published."""
        return self._read(self._only)[0]

    def batches(self, columns: Sequence[str] | None = None, filters: Sequence[Filter] = ()) -> Iterator[pa.RecordBatch]:
        """Yield the rows in constant memory: one part at a time is fetched, verified, read and removed.

        Args:
            columns: The columns to return; all by default.
            filters: Conditions like `("Type", "=", "Customer")`, joined by AND.

        Raises:
            Missing: Nothing was published, or a part is gone.
            Corrupt: A part's bytes are not those that were written.
            Permanent: There is no such column.
        """
        schema = self.schema
        scan.check_columns(schema, columns or [], self.uri)
        for handle in self.handles:
            with self._lake.fetched(handle) as path:
                yield from scan.read(path, schema, self._folders(handle), columns, filters)

    def reader(self, columns: Sequence[str] | None = None, filters: Sequence[Filter] = ()) -> pa.RecordBatchReader:
        """Return `batches` as an Arrow stream, which DuckDB and Polars read without a copy."""
        return pa.RecordBatchReader.from_batches(self._selected(columns), self.batches(columns, filters))

    def to_arrow(self, columns: Sequence[str] | None = None, filters: Sequence[Filter] = ()) -> pa.Table:
        """Return all rows at once; see `batches` for the arguments."""
        return pa.Table.from_batches(self.batches(columns, filters), self._selected(columns))

    def to_pandas(self, columns: Sequence[str] | None = None, filters: Sequence[Filter] = ()) -> pd.DataFrame:
        """Return all rows at once as a frame; see `batches` for the arguments."""
        return to_frame(self.to_arrow(columns, filters))

    def write(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema, writer: str) -> Handle:
        """Upload batches as one part, which nobody sees before it is published.

        Args:
            batches: The rows.
            schema: Of every batch.
            writer: Who writes (a run id, a fence): the first half of the part's name. The second is its hash.
        """
        with PartWriter(self._lake.scratch, schema) as file:
            for batch in batches:
                file.write(batch)
            part = file.finish()
            name = f"{self._only}/{writer}-{part.sha256[:12]}.parquet"
            return self._lake.upload(part.path, name, part.rows, part.sha256)

    def publish(self, handles: Sequence[Handle], schema: pa.Schema) -> None:
        """Add parts as deltas; those of other publishers stay, those that are there already are not added twice.

        GCS allows about one change of an object a second, so publish in bunches, not after every part.
        No handles at all, and a schema, publish the fact that there are no rows.

        Args:
            handles: Uploaded parts.
            schema: Of these parts. It may differ from that of older ones.
        """
        self._swap(lambda manifest: manifest.including(handles, schema))

    def replace(self, handles: Sequence[Handle], schema: pa.Schema) -> None:
        """Let the dataset consist of exactly these parts, from one moment to the next."""
        self.begin_anew([(handles, schema)])

    def begin_anew(self, groups: Sequence[Group], deltas: Callable[[], Iterable[Group]] = tuple) -> None:
        """Let the dataset consist of exactly these parts of several schemas: the base of its next generation.

        Args:
            groups: The base.
            deltas: Returns what is newer than the base, asked when all that is published by then has been seen.
        """
        self._swap(lambda manifest: manifest.begun_anew(groups, deltas()))

    def fold(self, seen: Manifest, deltas: int, base: Sequence[Group]) -> bool:
        """Swap in a base that the first deltas have gone into; parts that were published meanwhile stay.

        Args:
            seen: The manifest that the new base was made from.
            deltas: How many of its deltas went into it.
            base: The new base.

        Returns:
            Whether it was swapped in; not if somebody else replaced the base first.
        """
        took = False

        def change(standing: Manifest) -> Manifest:
            nonlocal took
            new = standing.folded(seen, deltas, base)
            took = new is not None
            return new or standing

        self._swap(change)
        return took

    def _swap(self, change: Callable[[Manifest], Manifest]) -> None:
        name = f"{self._only}/{MANIFEST}"
        self._lake.swap_json(name, lambda standing: change(self._parsed(name, standing)).to_json())
        for snapshot in ("_manifests", "schema"):
            self.__dict__.pop(snapshot, None)

    def _read(self, prefix: str) -> tuple[Manifest, int]:
        name = f"{prefix}/{MANIFEST}"
        document = self._lake.read_json(name)
        return self._parsed(name, document), document.generation

    def _parsed(self, name: str, document: Document) -> Manifest:
        return Manifest.from_json(document.value, self._lake.uri(name)) if document.generation else Manifest()

    @property
    def _only(self) -> str:
        if len(self.prefixes) != 1:
            raise ValueError(f"{len(self.prefixes)} prefixes are read as one; write to one of them.")
        return self.prefixes[0]

    @cached_property
    def _manifests(self) -> list[Manifest]:
        found = [(prefix, *self._read(prefix)) for prefix in self.prefixes]
        for prefix, _, generation in found:
            if not generation:
                raise Missing("Nothing was published there.", subject=self._lake.uri(f"{prefix}/{MANIFEST}"))
        return [manifest for _, manifest, _ in found]

    def _folders(self, handle: Handle) -> dict[str, str]:
        """Return the Hive folders of a part; unquoted, as other engines read them."""
        folders = [folder.partition("=") for folder in handle.uri.split("/")[3:-1] if "=" in folder]
        return {name: unquote(value) for name, _, value in folders} if self._hive else {}

    def _selected(self, columns: Sequence[str] | None) -> pa.Schema:
        return scan.selected(self.schema, columns, self.uri)


def _prefixes(lake: Lake, folder: str) -> list[str]:
    """Return the prefixes at or below a folder that have a manifest; none lies below another."""
    if lake.exists(f"{folder}/{MANIFEST}"):
        return [folder]
    return [prefix for below in lake.folders(f"{folder}/") for prefix in _prefixes(lake, below.rstrip("/"))]
