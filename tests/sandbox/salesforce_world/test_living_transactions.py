"""Whatever happens to rows, in transactions or not, in any order: the org ends as a model that is written in a page."""

from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from sandbox.salesforce.ids import to18
from sandbox.salesforce.living.changes import Locked
from sandbox.salesforce.orgs import Orgs

ORG, NAME, ROWS = "acme", "Contact", 4
VALUES = st.sampled_from(["Ops", "Sales", None])


@dataclass(frozen=True)
class Model:
    """A row: its value, whether it is in the bin, and into which it was merged; seen by the API's user or not."""

    value: str | None
    deleted: bool = False
    winner: str | None = None
    seen: bool = True


class LivingOrg(RuleBasedStateMachine):
    """An org of which some rows live; `open` are the rows that each transaction has written and nobody sees yet."""

    transactions: Bundle[int] = Bundle("transactions")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())
        self.orgs = Orgs(self.folder)
        self.orgs.create_generated(ORG, 2, seed=2)
        self.living = self.orgs.living(ORG)
        alive = self.living.live(NAME, ROWS)
        self.living.edit(NAME, alive, {"Department": None})
        self.rows = {row: Model(None) for row in alive}
        self.gone: set[str] = set()
        self.open: dict[int, dict[str, Model]] = {}
        self.stamps = self.told_stamps()

    def teardown(self) -> None:
        rmtree(self.folder)

    def told(self) -> dict[str, Any]:
        known = {*self.rows, *self.gone} | {row for held in self.open.values() for row in held}
        return {str(row["Id"])[:15]: row for row in self.orgs.get(ORG).truth(NAME) if str(row["Id"])[:15] in known}

    def told_stamps(self) -> dict[str, str]:
        return {row: str(values["SystemModstamp"]) for row, values in self.told().items()}

    def pick(self, number: int, *, deleted: bool = False, seen: bool = True) -> str | None:
        """Return one of the rows of a kind that no transaction holds."""
        held = {row for rows in self.open.values() for row in rows}
        rows = [id_ for id_, row in self.rows.items() if (row.deleted, row.seen) == (deleted, seen)]
        free = sorted({*rows} - held)
        return free[number % len(free)] if free else None

    @rule(number=st.integers(0, 9), value=VALUES)
    def edit(self, number: int, value: str | None) -> None:
        if row := self.pick(number):
            self.living.edit(NAME, [row], {"Department": value})
            self.rows[row] = replace(self.rows[row], value=value)

    @rule(number=st.integers(0, 9))
    def delete(self, number: int) -> None:
        if row := self.pick(number):
            self.living.delete(NAME, [row])
            self.rows[row] = replace(self.rows[row], deleted=True)

    @rule(number=st.integers(0, 9))
    def undelete(self, number: int) -> None:
        if row := self.pick(number, deleted=True):
            self.living.undelete(NAME, [row])
            self.rows[row] = replace(self.rows[row], deleted=False, winner=None)

    @rule(number=st.integers(0, 9), deleted=st.booleans())
    def purge(self, number: int, deleted: bool) -> None:
        if row := self.pick(number, deleted=deleted):
            self.living.purge(NAME, [row])
            del self.rows[row]
            self.gone.add(row)

    @rule(winner=st.integers(0, 9), loser=st.integers(0, 9))
    def merge(self, winner: int, loser: int) -> None:
        won, lost = self.pick(winner), self.pick(loser)
        if won and lost and won != lost:
            self.living.merge(NAME, won, [lost])
            self.rows[lost] = replace(self.rows[lost], deleted=True, winner=won)

    @rule(number=st.integers(0, 9), seen=st.booleans())
    def share(self, number: int, seen: bool) -> None:
        if row := self.pick(number, seen=not seen):
            before = self.told_stamps().get(row)
            self.living.share(NAME, [row], seen=seen)
            self.rows[row] = replace(self.rows[row], seen=seen)
            assert self.told_stamps().get(row) in (None, before or self.stamps[row])

    @rule(target=transactions, told=st.booleans())
    def begin(self, told: bool) -> int:
        number = self.living.begin(told=told)
        self.open[number] = {}
        return number

    @rule(transaction=transactions, number=st.integers(0, 9), value=VALUES)
    def edit_in(self, transaction: int, number: int, value: str | None) -> None:
        own = sorted(self.open[transaction])
        row = own[number % len(own)] if own and number % 2 else self.pick(number)
        if row:
            self.living.edit(NAME, [row], {"Department": value}, transaction)
            held = self.open[transaction]
            held[row] = replace(held.get(row) or self.rows[row], value=value)

    @rule(transaction=transactions, number=st.integers(0, 9), value=VALUES)
    def insert_in(self, transaction: int, number: int, value: str | None) -> None:
        if like := self.pick(number):
            made = self.living.insert(NAME, like, {"Department": value}, transaction)
            assert made not in self.rows
            self.open[transaction][made] = Model(value)

    @rule(transaction=consumes(transactions))
    def end(self, transaction: int) -> None:
        self.living.end(transaction)
        self.rows |= self.open.pop(transaction)

    @rule(transaction=consumes(transactions))
    def end_in_another_process(self, transaction: int) -> None:
        Orgs(self.folder).living(ORG).end(transaction)
        self.rows |= self.open.pop(transaction)

    @precondition(lambda self: any(self.open.values()))
    @rule(what=st.sampled_from(["edit", "delete", "purge", "merge", "share", "recalculate", "in another"]))
    def what_a_transaction_holds_nobody_else_changes(self, what: str) -> None:
        row = min(row for held in self.open.values() for row in held)
        other = next((one for one in sorted(self.rows) if one != row), row)
        changes = {
            "edit": lambda: self.living.edit(NAME, [row], {"Department": "Lost"}),
            "delete": lambda: self.living.delete(NAME, [row]),
            "purge": lambda: self.living.purge(NAME, [row]),
            "merge": lambda: self.living.merge(NAME, other, [row]),
            "share": lambda: self.living.share(NAME, [row], seen=False),
            "recalculate": lambda: self.living.recalculate(NAME, [row], {"Full_Title__c": "Lost"}),
            "in another": lambda: self.living.edit(NAME, [row], {}, self.living.begin()),
        }
        with pytest.raises(Locked):
            changes[what]()

    @invariant()
    def is_as_the_model(self) -> None:
        told = self.told()
        assert {id_: (row["Department"], row["IsDeleted"], row["MasterRecordId"]) for id_, row in told.items()} == {
            id_: (row.value, row.deleted, row.winner and to18(row.winner)) for id_, row in self.rows.items() if row.seen
        }
        stamps = {id_: str(row["SystemModstamp"]) for id_, row in told.items()}
        assert all(self.stamps.get(id_, "") <= stamp for id_, stamp in stamps.items())
        self.stamps |= stamps


LivingOrg.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
test_rows_in_transactions_or_not_are_as_the_model_says = LivingOrg.TestCase
