"""Matching: which of the people that a CRM knows a party of a call is.

Belongs here: the rules, in words. Does not: looking people up (`crm.people`), the stage (`calls.stages.contact`).

Who has the number is meant; if nobody has it, or several and only one has the e-mail address, then who has that. Of
several, as long as somebody is left, those with the e-mail address, then those of the name, then those with the
extension, then contacts before leads, then those whose mobile it is: a mobile is one person's, a telephone may be a
whole company's. What is left is one person if no two names differ, and it has one address, or one name at one company:
kept twice in the CRM, and the row that changed last is taken. Else it is ambiguous, and of a company if all are of one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nooks_dagster.calls.submission import Party
from nooks_dagster.crm.people import Person
from nooks_dagster.crm.phones import Phone, phone_of


class Match(StrEnum):
    """What came of looking somebody up."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """Who a party is; `account` may be known where the person is not."""

    match: Match
    person: Person | None = None
    account: str | None = None


class Sought:
    """A party of a call, as it is compared with people.

    Args:
        party: As the dialer tells it.
        region: The workspace's, ISO 3166.
    """

    def __init__(self, party: Party, region: str) -> None:
        self.phone: Phone | None = phone_of(party.phone, region)
        self.email = party.email.strip().lower() if party.email else None
        self._name = _folded(party.name)
        self._region = region

    @property
    def keys(self) -> Sequence[int]:
        """Return what its number is looked up by."""
        return self.phone.keys if self.phone else ()

    def among(self, people: Sequence[Person]) -> Found:
        """Return which of them it is."""
        by_phone = self._chosen([p for p in people if self._calls(p.phone) or self._calls(p.mobile)])
        if by_phone.match is Match.MATCHED or not self.email:
            return by_phone
        by_email = self._chosen([p for p in people if p.email == self.email])
        return by_email if by_email.match is Match.MATCHED or by_phone.match is Match.UNKNOWN else by_phone

    def _chosen(self, people: Sequence[Person]) -> Found:
        if not people:
            return Found(Match.UNKNOWN)
        left = people
        for rule in self._rules():
            left = [person for person in left if rule(person)] or left
        account = _shared(left, lambda p: p.account)
        if len(left) > 1 and not _one_person(left):
            return Found(Match.AMBIGUOUS, account=account)
        person = max(left, key=lambda p: (p.changed_at, p.id))
        return Found(Match.MATCHED, person, person.account)

    def _rules(self) -> Sequence[Callable[[Person], bool]]:
        return (
            lambda person: person.email is not None and person.email == self.email,
            lambda person: bool(self._name) and _folded(person.name) == self._name,
            lambda person: (
                self._calls(person.phone, Phone.is_extension) or self._calls(person.mobile, Phone.is_extension)
            ),
            lambda person: person.object == "contacts",
            lambda person: self._calls(person.mobile),
        )

    def _calls(self, written: str | None, compared: Callable[[Phone, str, str], bool] = Phone.is_written) -> bool:
        return self.phone is not None and written is not None and compared(self.phone, written, self._region)


def _one_person(people: Sequence[Person]) -> bool:
    """Say so; a shared mailbox is not one of two names, and no account is not one of two leads."""
    names = {_folded(person.name) for person in people}
    accounts = {person.account for person in people}
    if len(names - {""}) > 1 or len(accounts) > 1:
        return False
    return bool(_shared(people, lambda p: p.email)) or ("" not in names and None not in accounts)


def _shared(people: Sequence[Person], value: Callable[[Person], str | None]) -> str | None:
    values = {value(person) for person in people}
    return values.pop() if len(values) == 1 else None


def _folded(name: str | None) -> str:
    return " ".join(name.split()).casefold() if name else ""
