"""What happens in an org, step by step.

Belongs here: how often which change happens, and to which rows. Does not: values (`org_values`), what a change does
(`sandbox.salesforce.living.changes`).
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sandbox.life.chance import Chance
from sandbox.life.org_values import drifted, edited
from sandbox.life.pace import Pace
from sandbox.salesforce.living.row import SEEN, UNSEEN, Changed
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.orgs import Orgs

_OBJECTS = ((30, "Contact"), (20, "Account"), (15, "Lead"), (15, "Opportunity"), (15, "Task"), (5, "Territory_Plan__c"))
_MERGED = ((1, "Account"), (3, "Contact"), (2, "Lead"))
_ALTERED = ("appear", "retype", "hide", "restore", "vanish")
"""What administrators do, in turn: to a field of their own, and to the permission to read an object."""


class OrgLife:
    """The life of one org.

    Args:
        orgs: The folder of orgs.
        name: Which of them.
        seed: Of all that is left to chance.
        pace: How long things take.
    """

    def __init__(self, orgs: Orgs, name: str, seed: int, pace: Pace) -> None:
        self._orgs = orgs
        self._name = name
        self._seed = seed
        self._pace = pace
        self._living = living = orgs.living(name)
        self._objects = [(weight, each) for weight, each in _OBJECTS if each in living.tables]
        self._merged = [(weight, each) for weight, each in _MERGED if each in living.tables]
        self._number = 0

    def live(self, steps: int) -> int:
        """Let some things happen, which are there as a whole or not at all; return the number of steps so far."""
        with self._living.overlay.writing():
            for _ in range(steps):
                self._step()
        return self._living.steps()

    def _step(self) -> None:
        with self._living.step() as self._number:
            chance = Chance(self._seed, self._name, self._number)
            self._end_transactions()
            chance.one(_MIX)(self, chance)
            every = self._pace.alter_every
            if every and self._number % every == 0:
                self._alter(_ALTERED[self._number // every % len(_ALTERED)])

    def settle(self) -> None:
        """Let the world stand still: transactions end, and who lost a permission has it again."""
        with self._living.overlay.writing():
            for transaction in list(self._living.overlay.open):
                self._living.end(transaction)
        self._orgs.restore(self._name, "hide")

    def edit(self, chance: Chance) -> None:
        """Let a user or an automation edit a row, or a job many at once; now and then in a long transaction."""
        name = chance.one(self._objects)
        count = chance.one(((90, 1), (8, 5), (2, 20)))
        rows = self._several(name, chance, count)
        values, automated = edited(self._living.sobject(name), chance), not chance.randrange(4)
        long = None if chance.randrange(20) else self._long()
        self._living.edit(name, rows, values, long, automated=automated)

    def insert(self, chance: Chance) -> None:
        """Let somebody make a row."""
        name = chance.one(self._objects)
        if like := self._live(name, chance):
            sobject = self._living.sobject(name)
            self._living.insert(name, like, {**_unsaid(sobject), **edited(sobject, chance)})

    def delete(self, chance: Chance) -> None:
        """Let somebody delete a row."""
        name = chance.one(self._objects)
        if row := self._live(name, chance):
            self._living.delete(name, [row])

    def undelete(self, chance: Chance) -> None:
        """Let somebody take a row out of the recycle bin."""
        name = chance.one(self._objects)
        if row := self._changed(name, chance, lambda row: row.state == SEEN and row.deleted):
            self._living.undelete(name, [row])

    def empty_bin(self, chance: Chance) -> None:
        """Let a row's time in the recycle bin be over."""
        name = chance.one(self._objects)
        if row := self._changed(name, chance, lambda row: row.state == SEEN and row.deleted):
            self._living.purge(name, [row])

    def erase(self, chance: Chance) -> None:
        """Let somebody delete a row past the recycle bin."""
        name = chance.one(self._objects)
        if row := self._live(name, chance):
            self._living.purge(name, [row])

    def merge(self, chance: Chance) -> None:
        """Let somebody merge two or three rows."""
        if not self._merged:
            return
        name = chance.one(self._merged)
        rows = self._several(name, chance, chance.choice((2, 3)))
        if len(rows) > 1:
            self._living.merge(name, rows[0], rows[1:])

    def unshare(self, chance: Chance) -> None:
        """Let a sharing rule take a row from the API's user."""
        name = chance.one(self._objects)
        if row := self._live(name, chance):
            self._living.share(name, [row], seen=False)

    def share(self, chance: Chance) -> None:
        """Let a sharing rule give a row back."""
        name = chance.one(self._objects)
        if row := self._changed(name, chance, lambda row: row.state == UNSEEN):
            self._living.share(name, [row], seen=True)

    def recalculate(self, chance: Chance) -> None:
        """Let a formula look at a record that has changed."""
        name = chance.one(self._objects)
        values = drifted(self._living.sobject(name), chance)
        if values and (row := self._live(name, chance)):
            self._living.recalculate(name, [row], values)

    def commit_late(self, chance: Chance) -> None:
        """Let rows be seen long after their stamp, without a word of it."""
        steps = self._pace.steps(self._pace.late_seconds * chance.random())
        late = self._living.begin(told=False, until=self._number + steps)
        name = chance.one(self._objects)
        for row in self._several(name, chance, 2):
            self._living.edit(name, [row], edited(self._living.sobject(name), chance), late)
        if like := self._live(name, chance):
            sobject = self._living.sobject(name)
            self._living.insert(name, like, {**_unsaid(sobject), **edited(sobject, chance)}, late)

    def begin_long(self, chance: Chance) -> None:
        """Let a long transaction begin, unless one is open."""
        if self._long() is None:
            steps = self._pace.steps(self._pace.long_seconds * chance.uniform(0.5, 1))
            self._living.begin(until=self._number + steps)

    def leave(self, chance: Chance) -> None:
        """Let a user leave, or come back."""
        row = self._living.made("User", chance.random()) if "User" in self._living.tables else None
        if row and row not in self._living.overlay.held():
            self._living.edit("User", [row], {"IsActive": not chance.randrange(3)})

    def _long(self) -> int | None:
        """Return the long transaction that is open."""
        return next((number for number, each in self._living.overlay.open.items() if each.told), None)

    def _several(self, name: str, chance: Chance, count: int) -> list[str]:
        """Return up to so many rows that anybody may change."""
        found = (self._live(name, chance) for _ in range(count))
        return [row for row in dict.fromkeys(found) if row]

    def _live(self, name: str, chance: Chance) -> str | None:
        """Return a row that anybody may change: one that the org was made with, or one that was changed before."""

        def one() -> str | None:
            if chance.randrange(8) == 0:
                return self._changed(name, chance, _is_live)
            row = self._living.made(name, chance.random())
            known = self._living.current(name, row) if row else None
            return row if known and _is_live(known) and row not in self._living.overlay.held() else None

        return chance.until(one)

    def _changed(self, name: str, chance: Chance, wanted: Callable[[Changed], bool]) -> str | None:
        held = self._living.overlay.held()
        return self._living.changed(name, chance.random(), lambda row: wanted(row) and row.id not in held)

    def _end_transactions(self) -> None:
        """End those whose time has come; those that nobody is told of by the clock too, if steps take too long."""
        late = self._living.now() - self._pace.late_seconds * 1_000
        for number, each in list(self._living.overlay.open.items()):
            if each.until <= self._number or (not each.told and each.since < late):
                self._living.end(number)

    def _alter(self, kind: str) -> None:
        """Let an administrator alter the org; what is so already, stays so."""
        field: dict[str, Any] = {"kind": kind, "object": "Contact", "field": f"Added_{self._seed}__c"}
        wishes: dict[str, dict[str, Any]] = {
            "appear": {**field, "type": "double"},
            "retype": {**field, "type": "string"},
            "hide": {"kind": "hide", "object": "Lead"},
            "vanish": field,
        }
        with suppress(ValueError):
            if kind == "restore":
                self._orgs.restore(self._name, "hide")
            else:
                self._orgs.alter(self._name, wishes[kind])


def _unsaid(sobject: SObjectType) -> dict[str, JsonValue]:
    """Return the fields that a new row must not have of the one that it is like."""
    return {field.name: None for field in sobject.fields if field.external_id or field.unique}


def _is_live(row: Changed) -> bool:
    return row.state == SEEN and not row.deleted


_MIX: tuple[tuple[int, Callable[[OrgLife, Chance], None]], ...] = (
    (570, OrgLife.edit),
    (100, OrgLife.insert),
    (70, OrgLife.delete),
    (30, OrgLife.undelete),
    (20, OrgLife.empty_bin),
    (10, OrgLife.erase),
    (25, OrgLife.merge),
    (25, OrgLife.unshare),
    (20, OrgLife.share),
    (40, OrgLife.recalculate),
    (30, OrgLife.commit_late),
    (5, OrgLife.begin_long),
    (5, OrgLife.leave),
)
"""Of 950 steps, so many are of each kind."""
