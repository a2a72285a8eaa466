"""What happens in a portal, step by step.

Belongs here: how often which change happens, and to which records. Does not: values (`portal_values`), what a change
does (`sandbox.hubspot.changes`).
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sandbox.hubspot.model import Change, Edge, ObjectType, Refused
from sandbox.hubspot.overlay.versions import ARCHIVED, LIVE
from sandbox.hubspot.portals import Portals
from sandbox.life.chance import Chance
from sandbox.life.pace import Pace
from sandbox.life.portal_values import drifted, edited

_TYPES = (
    (35, "contacts"),
    (20, "companies"),
    (15, "deals"),
    (10, "leads"),
    (10, "calls"),
    (5, "meetings"),
    (5, "subscriptions"),
)
_MERGED = ((3, "contacts"), (1, "companies"), (1, "deals"))
_ENDS = (("contacts", "companies"), ("deals", "companies"), ("deals", "contacts"), ("calls", "contacts"))
_ALTERED = ("appear", "retype", "hide", "restore", "vanish")
"""What administrators do, in turn: to a property of their own, and to the permission to read a type."""


class PortalLife:
    """The life of one portal.

    Args:
        portals: The folder of portals.
        name: Which of them.
        seed: Of all that is left to chance.
        pace: How long things take.
    """

    def __init__(self, portals: Portals, name: str, seed: int, pace: Pace) -> None:
        self._portals = portals
        self._name = name
        self._seed = seed
        self._pace = pace
        self._portal = portals.living(name)

    def live(self, steps: int) -> int:
        """Let some things happen, which are there as a whole or not at all; return the number of steps so far."""
        with self._portal.writing():
            for _ in range(steps):
                self._step()
        return self._portal.steps()

    def _step(self) -> None:
        with self._portal.step() as number:
            chance = Chance(self._seed, self._name, number)
            chance.one(_MIX)(self, chance)
            every = self._pace.alter_every
            if every and number % every == 0:
                self._alter(_ALTERED[number // every % len(_ALTERED)])

    def settle(self) -> None:
        """Let the world stand still: the index catches up, and apps that lost a permission have it again."""
        self._portal.set_index_lag(0)
        self._portals.restore(self._name, "hide")

    def edit(self, chance: Chance) -> None:
        """Let a user edit a record, or a workflow many at once with one stamp."""
        kind = self._kind(chance)
        count = chance.one(((90, 1), (8, 5), (2, 20)))
        records = {record for record in (self._live(kind, chance) for _ in range(count)) if record}
        values = edited(kind, chance)
        self._portal.write(kind, [Change(values, record) for record in sorted(records)])

    def create(self, chance: Chance) -> None:
        """Let somebody make a record, and associate it."""
        kind = self._kind(chance)
        (made,) = self._portal.write(kind, [Change(edited(kind, chance))])
        for source, target in _ENDS:
            if source == kind.name:
                self._associate(kind, made, self._portal.type(target), chance)

    def archive(self, chance: Chance) -> None:
        """Let somebody move a record to the recycle bin."""
        kind = self._kind(chance)
        if record := self._live(kind, chance):
            self._portal.archive(kind, [record])

    def restore(self, chance: Chance) -> None:
        """Let somebody take a record out of the recycle bin. No stamp moves."""
        kind = self._kind(chance)
        if record := self._portal.changed(kind, chance.random(), lambda version: version.state == ARCHIVED):
            self._portal.restore(kind, [record])

    def erase(self, chance: Chance) -> None:
        """Let a person be forgotten, as the law wants it."""
        contacts = self._portal.type("contacts")
        if record := self._live(contacts, chance):
            self._portal.erase(contacts, record)

    def merge(self, chance: Chance) -> None:
        """Let two records become one."""
        kind = self._portal.type(chance.one(_MERGED))
        one, other = self._live(kind, chance), self._live(kind, chance)
        if one and other and one != other:
            self._portal.merge(kind, one, other)

    def associate(self, chance: Chance) -> None:
        """Let somebody associate two records. No stamp moves."""
        source, target = (self._portal.type(name) for name in chance.choice(_ENDS))
        if record := self._live(source, chance):
            self._associate(source, record, target, chance)

    def dissociate(self, chance: Chance) -> None:
        """Let somebody take an association away. No stamp moves."""
        source, target = (self._portal.type(name) for name in chance.choice(_ENDS))
        if record := self._live(source, chance):
            for edge in self._portal.associated(source, [record], target).get(record, ())[:1]:
                self._portal.dissociate(source, record, target, edge.to)

    def recalculate(self, chance: Chance) -> None:
        """Let a calculated property look at a record that has changed. No stamp moves."""
        kind = self._kind(chance)
        values = drifted(kind, chance)
        if values and (record := self._live(kind, chance)):
            self._portal.recalculate(kind, record, values)

    def let_the_index_lag(self, chance: Chance) -> None:
        """Let the search index be more or less behind from now on."""
        self._portal.set_index_lag(self._pace.late_seconds * chance.choice((0.01, 0.1, 0.5, 1)))

    def leave(self, chance: Chance) -> None:
        """Let an owner leave the account, or one come. No stamp moves."""
        owners = self._portal.owners()
        owner = chance.choice(owners)
        if chance.randrange(2) and not owner.archived:
            self._portal.set_owner(replace(owner, archived=True, user_id=None))
        elif chance.randrange(2):
            now, last = self._portal.now(), owners[-1]
            new = replace(owner, id=last.id + 1 + chance.randrange(900), email=f"new{last.id}@users.example")
            self._portal.set_owner(replace(new, archived=False, user_id=last.id % 9_000_000, created=now, updated=now))

    def _kind(self, chance: Chance) -> ObjectType:
        return self._portal.type(chance.one(_TYPES))

    def _live(self, kind: ObjectType, chance: Chance) -> int | None:
        """Return a record that anybody may change: one that the portal was made with, or one that was written to."""

        def one() -> int | None:
            if chance.randrange(8) == 0:
                return self._portal.changed(kind, chance.random(), lambda version: version.state == LIVE)
            record = self._portal.made(kind, chance.random())
            return record if self._portal.live(kind, record) else None

        return chance.until(one)

    def _associate(self, source: ObjectType, record: int, target: ObjectType, chance: Chance) -> None:
        if to := self._live(target, chance):
            labels = self._portal.labels(source, target)
            self._portal.associate(source, record, target, Edge(to, (chance.choice(labels),)))

    def _alter(self, kind: str) -> None:
        """Let an administrator alter the portal; what is so already, stays so."""
        made: dict[str, Any] = {"kind": kind, "object": "contacts", "property": f"added_{self._seed}"}
        wishes: dict[str, dict[str, Any]] = {
            "appear": {**made, "type": "number"},
            "retype": {**made, "type": "string"},
            "hide": {"kind": "hide", "object": "leads"},
            "vanish": made,
        }
        with suppress(ValueError, Refused):
            if kind == "restore":
                self._portals.restore(self._name, "hide")
            else:
                self._portals.alter(self._name, wishes[kind])


_MIX: tuple[tuple[int, Callable[[PortalLife, Chance], None]], ...] = (
    (600, PortalLife.edit),
    (100, PortalLife.create),
    (60, PortalLife.archive),
    (30, PortalLife.restore),
    (15, PortalLife.erase),
    (25, PortalLife.merge),
    (50, PortalLife.associate),
    (40, PortalLife.dissociate),
    (40, PortalLife.recalculate),
    (5, PortalLife.let_the_index_lag),
    (5, PortalLife.leave),
)
"""Of 970 steps, so many are of each kind."""
