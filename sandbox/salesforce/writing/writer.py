"""Grants the wishes of one request: in order, each seeing what those before it did, durable together.

Belongs here: making, changing, upserting, deleting; items that fail together. Does not: what is wrong with a record
(`fields`, `naming`, `references`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sandbox.salesforce.ids import to18
from sandbox.salesforce.living.changes import Living
from sandbox.salesforce.living.row import SEEN, Changed
from sandbox.salesforce.org import SObjectType
from sandbox.salesforce.writing import rollups
from sandbox.salesforce.writing.draft import Draft
from sandbox.salesforce.writing.fields import fill_in, refuse_invalid, said, worked_out
from sandbox.salesforce.writing.naming import find, refuse_taken
from sandbox.salesforce.writing.references import check_references, check_task_of_lead, refuse_converted
from sandbox.salesforce.writing.wishes import EACH, Deed, Manner, Outcome, Refusal, Wish, read_outcome

_ROLLED_BACK = Refusal(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


class Writer:
    """What one user of an org writes.

    Args:
        living: The org's records.
        sobjects: Its objects as that user sees them, by their name in lower case.
        user: Who writes, an id of 18 characters.
    """

    def __init__(self, living: Living, sobjects: Mapping[str, SObjectType], user: str) -> None:
        self._living = living
        self._sobjects = sobjects
        self._user = user

    def write(self, wishes: Sequence[Wish], manner: Manner = EACH) -> Sequence[Outcome]:
        """Grant wishes in a manner; those that name one record all fail, as Salesforce has it."""
        times = Counter(_name(wish) for wish in wishes)
        with self._living.overlay.writing():
            if manner.mark in self._living.overlay.marks:
                return [read_outcome(each) for each in self._living.overlay.marks[manner.mark]]
            draft = Draft(self._living, self._sobjects, manner.late)
            outcomes = [self._outcome(draft, wish, twice=times[_name(wish)] > 1) for wish in wishes]
            if manner.all_or_none and any(outcome.refusal for outcome in outcomes):
                return [outcome if outcome.refusal else Outcome(refusal=_ROLLED_BACK) for outcome in outcomes]
            draft.keep({manner.mark: [outcome.written() for outcome in outcomes]} if manner.mark else {})
        return outcomes

    def _outcome(self, draft: Draft, wish: Wish, *, twice: bool) -> Outcome:
        if twice and wish.named:
            what = "id" if wish.key == "Id" else "external id"
            return Outcome(refusal=Refusal("DUPLICATE_VALUE", f"Duplicate {what} specified: {wish.named}", wish.key))
        try:
            return self._granted(draft, wish)
        except Refusal as refusal:
            return Outcome(refusal=refusal)

    def _granted(self, draft: Draft, wish: Wish) -> Outcome:
        if wish.struck:
            raise wish.struck
        sobject = self._sobjects.get(wish.sobject.lower())
        if sobject is None:
            raise Refusal("INVALID_TYPE", f"sObject type '{wish.sobject}' is not supported.")
        row = find(draft, sobject, wish)
        if row is None or wish.deed is not Deed.DELETE:
            return self._saved(draft, sobject, wish, row)
        draft.change(sobject.name, row, {}, deleted=True)
        return Outcome(to18(row.id))

    def _saved(self, draft: Draft, sobject: SObjectType, wish: Wish, row: Changed | None) -> Outcome:
        refuse_converted(draft, sobject.name, row)
        values = said(sobject, wish, made=row is None)
        if row is None:
            fill_in(sobject, values, self._user, draft.moment)
        check_references(draft, sobject, values, self._user)
        check_task_of_lead(draft, sobject, row, values)
        values |= {"LastModifiedDate": draft.moment, "LastModifiedById": self._user}
        values |= worked_out(draft, sobject, row, values)
        made = row or _new(draft, sobject)
        refuse_invalid(draft, sobject, row, values)
        refuse_taken(draft, sobject, made.id, values)
        rollups.need_locks(draft, sobject, row, values)
        draft.change(sobject.name, made, values)
        rollups.roll_up(draft, sobject, row, values)
        return Outcome(to18(made.id), created=row is None)


def _new(draft: Draft, sobject: SObjectType) -> Changed:
    id15 = draft.new_id(sobject.name)
    return Changed(id15, "", draft.now, False, None, SEEN, {"Id": to18(id15)})


def _name(wish: Wish) -> tuple[str, str, str] | None:
    return (wish.sobject.lower(), wish.key.lower(), wish.named.casefold()) if wish.named else None
