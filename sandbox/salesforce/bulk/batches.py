"""Jobs of Bulk API 1.0, which hold queries or rows as batches; a batch of a query is what 2.0 calls a job.

Belongs here: what 1.0 adds to the jobs of 2.0, durable. Does not: processing (`registry`), wire shapes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.salesforce.bulk.admission import admit, measure
from sandbox.salesforce.bulk.jobs import Api, Job, Request
from sandbox.salesforce.bulk.registry import Jobs, new_id
from sandbox.salesforce.http.store import Store
from sandbox.salesforce.org import Org, SoqlError


@dataclass(frozen=True, slots=True)
class Parent:
    """A job of 1.0: one object, one operation, any number of batches. `state` is Open, Closed or Aborted.

    `key` is the external id by which rows are upserted.
    """

    id: str
    version: str
    operation: str
    sobject: str
    content_type: str
    created: datetime
    state: str = "Open"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch of rows that are to be written: JSON, as it was sent."""

    id: str
    parent: Parent
    created: datetime
    data: bytes


class Batches:
    """The jobs of Bulk API 1.0 of all orgs, and their batches."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    def open(self, org: Org, parent: Parent) -> None:
        """Keep a new job."""
        known = (parent.version, parent.operation, parent.sobject, parent.content_type)
        values = (org.name, parent.id, *known, parent.created.timestamp(), parent.state)
        self._store.run("INSERT INTO bulk_parents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)
        self._store.run("INSERT INTO bulk_keys VALUES (?, ?)", parent.id, parent.key)

    def parent(self, org: Org, parent_id: str) -> Parent | None:
        """Return a job, or None."""
        query = "SELECT id, version, operation, sobject, content_type, created, state, key FROM bulk_parents"
        keyed = f"{query} LEFT JOIN bulk_keys ON parent = id WHERE org = ? AND id = ?"
        for row in self._store.run(keyed, org.name, parent_id):
            known_id, version, operation, sobject, content_type, created, state, key = row
            moment = datetime.fromtimestamp(created, UTC)
            return Parent(known_id, version, operation, sobject, content_type, moment, state, key or "")
        return None

    def set_state(self, parent: Parent, state: str) -> None:
        """Close or abort a job."""
        self._store.run("UPDATE bulk_parents SET state = ? WHERE id = ?", state, parent.id)

    def add(self, org: Org, parent: Parent, soql: str) -> Job:
        """Take a query; one that cannot run becomes a batch that fails, for 1.0 reads it only when it processes it."""
        request = Request(Api.V1, parent.version, parent.operation, soql)
        rows, error, moment, now = 0, None, 0, org.now()
        try:
            query = admit(org, soql, include_deleted=request.include_deleted)
            moment = query.moment
            rows, error = measure(query)
            if query.sobject.lower() != parent.sobject.lower():
                error = _another_object(query.sobject, parent.sobject)
        except SoqlError as refusal:
            error = str(refusal)
        if error is not None:
            error = f"InvalidBatch : Failed to process query: {error}"
        batch = self._jobs.add(org, request, parent.sobject, rows, error, moment=moment, now=now)
        self._store.run("INSERT INTO bulk_batches VALUES (?, ?)", parent.id, batch.id)
        return batch

    def add_rows(self, org: Org, parent: Parent, data: bytes) -> Rows:
        """Take rows that are to be written."""
        rows = Rows(new_id(Api.V1), parent, org.now(), data)
        number = "SELECT count(*) FROM bulk_rows WHERE parent = ?"
        values = (rows.id, parent.id, rows.created.timestamp(), parent.id, data)
        self._store.run(f"INSERT INTO bulk_rows VALUES (?, ?, ?, ({number}), ?)", *values)  # noqa: S608 # our own words
        return rows

    def rows_of(self, parent: Parent) -> Sequence[Rows]:
        """Return the batches of rows of a job, in the order they came."""
        query = "SELECT id, created, data FROM bulk_rows WHERE parent = ? ORDER BY number"
        found = self._store.run(query, parent.id)
        return [Rows(known, parent, datetime.fromtimestamp(created, UTC), data) for known, created, data in found]

    def of(self, org: Org, parent: Parent) -> Sequence[Job]:
        """Return the batches of a job, in the order they came."""
        rows = self._store.run("SELECT batch FROM bulk_batches WHERE parent = ? ORDER BY rowid", parent.id)
        return [self._jobs.find(org, Api.V1, str(row[0])) for row in rows]


def new_parent_id() -> str:
    """Return an id for a job of 1.0, which looks like one of 2.0."""
    return new_id(Api.V2)


def _another_object(asked: str, parent: str) -> str:
    return (
        f"INVALID_TYPE_FOR_OPERATION: The root entity of the requested query ({asked}) does not match the entity of "
        f"the requested Bulk API Job ({parent})."
    )
