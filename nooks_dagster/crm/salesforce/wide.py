"""Objects with more fields than one address can name: several queries, joined by Id.

Belongs here: the join, and reading again what changed between its queries. Does not: paging (`cursor`).
"""

from collections.abc import Iterator, Sequence

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.salesforce.cursor import Cursor, Row
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.soql import IDS_AT_ONCE, is_one_of, record_id
from nooks_dagster.failures import Transient

ROUNDS = 5


class Wide:
    """Completes rows that were read with the first group of fields.

    Args:
        session: The org.
        source: The object.
        groups: The groups of fields; each has the key and the stamp.
        where: The chunk's conditions.
    """

    def __init__(
        self, session: Session, source: SourceObject, groups: Sequence[Sequence[str]], where: Sequence[str]
    ) -> None:
        self._session = session
        self._source = source
        self._groups = groups
        self._where = where

    def complete(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows of a page with all their fields, each as it was at one moment.

        A row that was purged meanwhile is left out.

        Raises:
            Transient: Rows changed faster than they could be read.
        """
        key = self._source.key
        span = [f"{key} >= {record_id(rows[0][key])}", f"{key} <= {record_id(rows[-1][key])}"]
        whole = self._join([rows, *(self._read(group, [*self._where, *span]) for group in self._groups[1:])])
        torn = [row[key] for row in rows if row[key] not in whole]
        for at in range(0, len(torn), IDS_AT_ONCE):
            whole.update(self._reread(torn[at : at + IDS_AT_ONCE]))
        return [whole[row[key]] for row in rows if row[key] in whole]

    def _reread(self, ids: list[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for _ in range(ROUNDS):
            where = [is_one_of(self._source.key, ids)]
            answers = [self._read(group, where) for group in self._groups]
            found.update(self._join(answers))
            still_there = {row[self._source.key] for rows in answers for row in rows}
            ids = [record for record in ids if record in still_there and record not in found]
            if not ids:
                return found
        raise Transient(
            f"{len(ids)} rows changed while their fields were read, {ROUNDS} times over.",
            subject=self._source.name,
        )

    def _join(self, answers: Sequence[Sequence[Row]]) -> dict[str, Row]:
        """Return the rows that every answer has with the same stamp."""
        key, stamp = self._source.key, self._source.stamp
        whole = {row[key]: dict(row) for row in answers[0]}
        for rows in answers[1:]:
            same = {row[key]: row for row in rows if whole.get(row[key], {}).get(stamp) == row[stamp]}
            whole = {record: {**row, **same[record]} for record, row in whole.items() if record in same}
        return whole

    def _read(self, fields: Sequence[str], where: Sequence[str]) -> list[Row]:
        return list(self._rows(fields, where))

    def _rows(self, fields: Sequence[str], where: Sequence[str]) -> Iterator[Row]:
        cursor = Cursor(self._session, self._source, fields, where)
        cursor.open()
        for page in cursor.pages():
            yield from page
