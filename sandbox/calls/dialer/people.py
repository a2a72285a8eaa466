"""Whom the dialer calls: people of a CRM, and others, with what the platform should find out about them.

Belongs here: reading people of an org or a portal, numbers that are one person's, other spellings of a number.
Does not: calls (`planning`).
"""

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.hubspot.portal import Portal
from sandbox.hubspot.truth import lines
from sandbox.salesforce.org import Org

_MOST = 20_000
"""People that are looked at. In a world with more, a number is never known to be one person's alone."""
_EXTENSION = re.compile(r"\s*(?:x|ext\.?)\s*\d+$")
_AMERICAN = re.compile(r"1?([2-9]\d\d[2-9]\d{6})")
_FORMS = ("({0}) {1}-{2}", "+1 {0}-{1}-{2}", "{0}.{1}.{2}", "+1{0}{1}{2}", "1-{0}-{1}-{2}", "{0} {1} {2}", "{0}{1}{2}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a CRM; a lead that became a contact is `converted`, and called by nobody."""

    id: str
    object: str
    name: str
    email: str | None
    phone: str | None
    mobile: str | None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The American ones of its numbers."""
        return tuple(dict.fromkeys(number for number in (self.phone, self.mobile) if number))


@dataclass(frozen=True, slots=True)
class Called:
    """Who is called, as the dialer tells it, and what is to be found: `matched`, `ambiguous` or `unknown`."""

    party: Mapping[str, str]
    match: str
    person: Person | None = None


class People:
    """The people of one CRM, or of none.

    Args:
        people: Everybody in it; those beyond the first 20,000 are not looked at.
    """

    def __init__(self, people: Iterable[Person] = ()) -> None:
        some = list(itertools.islice(people, _MOST + 1))
        self._crowded = len(some) > _MOST
        self._people = some[:_MOST]
        owners = Counter(number for person in self._people for number in set(person.numbers))
        emails = Counter(person.email for person in self._people if person.email)
        reachable = [person for person in self._people if person.object != "converted"]
        self._own = [p for p in reachable if any(owners[number] == 1 for number in p.numbers)]
        self._mailed = [p for p in reachable if p.email and emails[p.email] == 1 and p.numbers]
        self._shared = list(_shared(self._people, owners))
        self._owners = owners

    def call(self, chance: random.Random) -> Called:
        """Return somebody, in two of three cases a person of the CRM."""
        ways = [self._by_number, self._by_number, self._by_both, self._by_email, self._nobody, self._one_of_several]
        return chance.choice(ways)(chance) or self._nobody(chance)

    def _by_number(self, chance: random.Random) -> Called | None:
        """A person by a number that nobody else has."""
        if self._crowded or not self._own:
            return self._by_both(chance)
        person = chance.choice(self._own)
        number = chance.choice([number for number in person.numbers if self._owners[number] == 1])
        return Called({"phone": spelled(number, chance)}, "matched", person)

    def _by_both(self, chance: random.Random) -> Called | None:
        """A person by a number, whoever else has it, and an address that nobody else has."""
        if not self._mailed:
            return None
        person = chance.choice(self._mailed)
        number = spelled(chance.choice(person.numbers), chance)
        return Called({"name": person.name, "phone": number, "email": person.email or ""}, "matched", person)

    def _by_email(self, chance: random.Random) -> Called | None:
        """A person who calls from a number that nobody has."""
        if not self._mailed:
            return None
        person = chance.choice(self._mailed)
        return Called({"phone": spelled(_foreign(chance), chance), "email": person.email or ""}, "matched", person)

    def _one_of_several(self, chance: random.Random) -> Called | None:
        """A number that several have, and nothing to tell them apart by."""
        if self._crowded or not self._shared:
            return None
        return Called({"phone": spelled(chance.choice(self._shared), chance)}, "ambiguous")

    def _nobody(self, chance: random.Random) -> Called:
        """A number that nobody in any CRM has."""
        return Called({"phone": spelled(_foreign(chance), chance)}, "unknown")


def of_org(org: Org) -> Iterator[Person]:
    """Yield the people of an org that are not deleted."""
    for sobject, name in (("Contact", "contacts"), ("Lead", "leads")):
        for row in org.truth(sobject):
            if not row["IsDeleted"]:
                numbers = american(row.get("Phone")), american(row.get("MobilePhone"))
                kind = "converted" if row.get("IsConverted") else name
                yield Person(str(row["Id"]), kind, str(row["Name"]), _email(row.get("Email")), *numbers)


def of_portal(portal: Portal) -> Iterator[Person]:
    """Yield the contacts of a portal that are not archived."""
    for row in lines(portal, portal.type("contacts")):
        if not row.get("archived", True):
            known: Mapping[str, Any] = row["properties"]
            name = " ".join(str(known[part]) for part in ("firstname", "lastname") if known.get(part))
            numbers = american(known.get("phone")), american(known.get("mobilephone"))
            yield Person(str(row["id"]), "contacts", name or "?", _email(known.get("email")), *numbers)


def american(written: object) -> str | None:
    """Return the ten digits of an American number, None for any other."""
    if not isinstance(written, str):
        return None
    digits = re.sub(r"\D", "", _EXTENSION.sub("", written))
    found = _AMERICAN.fullmatch(digits)
    abroad = written.startswith("+") and not written.startswith("+1")
    return found[1] if found and not abroad else None


def spelled(number: str, chance: random.Random) -> str:
    """Return ten digits as somebody may type them."""
    form = chance.choice(_FORMS)
    return form.format(number[:3], number[3:6], number[6:])


def _shared(people: Sequence[Person], owners: Mapping[str, int]) -> Iterator[str]:
    """Yield numbers that are the telephones of contacts of different names, and nobody's mobile."""
    names: dict[str, set[str]] = {}
    for person in people:
        if person.phone and owners[person.phone] > 1 and person.object == "contacts" and person.mobile != person.phone:
            names.setdefault(person.phone, set()).add(person.name.casefold())
    yield from sorted(number for number, those in names.items() if len(those) == owners[number])


def _email(value: object) -> str | None:
    return value.strip().lower() if isinstance(value, str) and "@" in value else None


def _foreign(chance: random.Random) -> str:
    """Return a number of an area in which nobody of a generated world lives: theirs are 201, 208, 215 and so on."""
    areas: Sequence[int] = (202, 212, 303, 406, 512, 617, 702, 805)
    return f"{chance.choice(areas)}555{chance.randrange(100, 200):04}"
