"""Query text: literals, clauses, and field lists cut so that every address fits.

Belongs here: writing SOQL. Does not: sending it (`cursor`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.salesforce.ids import is_id
from nooks_dagster.failures import Permanent

# Salesforce answers 414 above 16,384 bytes of address; host, path and a hundred ids take the rest.
FIELD_BYTES = 13_000
IDS_AT_ONCE = 100  # 2.1 KB


def moment(time: datetime) -> str:
    """Return a datetime literal, cut to the milliseconds that Salesforce knows."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def record_id(text: str) -> str:
    """Return an id literal.

    Raises:
        Permanent: The text is not an id, so it never stands in a query.
    """
    if not is_id(text):
        raise Permanent("A record id is malformed.", next_step="Report it: this is a defect.")
    return f"'{text}'"


def is_one_of(key: str, ids: Iterable[str]) -> str:
    """Return the condition that a record is one of these."""
    return f"{key} IN ({','.join(map(record_id, ids))})"


def conditions(spec: Mapping[str, str], stamp: str) -> list[str]:
    """Return the conditions of a chunk: its id range and its time range, both half-open."""
    found = []
    if low := spec.get("low"):
        found.append(f"Id >= {record_id(low)}")
    if high := spec.get("high"):
        found.append(f"Id < {record_id(high)}")
    if since := spec.get("since"):
        found.append(f"{stamp} >= {since}")
    if until := spec.get("until"):
        found.append(f"{stamp} < {until}")
    return found


def present(source: SourceObject, low: str | None, high: str | None) -> list[str]:
    """Return the conditions of the rows of an id range that are not deleted; queryAll alone shows old activities."""
    spec = {name: border for name, border in (("low", low), ("high", high)) if border}
    alive = [f"{source.deleted} = false"] if source.deleted else []
    return [*conditions(spec, source.stamp), *alive]


def select(fields: Iterable[str], name: str, where: Sequence[str] = (), tail: str = "") -> str:
    """Return a SELECT of fields, conditions joined by AND."""
    clause = f" WHERE {' AND '.join(where)}" if where else ""
    return f"SELECT {','.join(fields)} FROM {name}{clause} {tail}".rstrip()  # noqa: S608 - SOQL only reads


def query_time(time: datetime) -> str:
    """Return a moment as the parameters of getUpdated and getDeleted have it, in whole seconds."""
    return encoded(time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"))


def encoded(query: str) -> str:
    """Return a query as it stands in an address; commas stay as they are, which saves two bytes a field."""
    return quote(query, safe=",'():")


def field_groups(source: SourceObject) -> list[tuple[str, ...]]:
    """Return the fields cut into groups whose addresses fit; each begins with the key and the stamp."""
    head = (source.key, source.stamp) if source.stamp != source.key else (source.key,)
    rest = [field.name for field in source.fields if field.name not in head]
    return [head + group for group in _cut(rest, FIELD_BYTES - sum(len(name) + 1 for name in head))]


def _cut(names: Sequence[str], most: int) -> Iterator[tuple[str, ...]]:
    group: list[str] = []
    size = 0
    for name in names:
        if group and size + len(name) + 1 > most:
            yield tuple(group)
            group, size = [], 0
        group.append(name)
        size += len(name) + 1
    yield tuple(group)
