"""Of the people that have the number, or else the address, the rules choose one, or say that they can't."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nooks_dagster.calls.stages.matching import Match, Sought
from nooks_dagster.calls.submission import Party
from nooks_dagster.crm.people import Person

NUMBER = "+14155552671"
JANE = Party(phone=NUMBER, email="Jane@Example.com", name="Jane  Doe")


def person(identity: str, *, minute: int = 0, **more: Any) -> Person:
    given = dict.fromkeys(("name", "phone", "mobile", "email", "account")) | {"object": "contacts"} | more
    return Person(id=identity, changed_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute), **given)


def chosen(party: Party, *people: Person) -> str | None:
    found = Sought(party, "US").among(people)
    assert (found.person is not None) == (found.match is Match.MATCHED)
    return found.person.id if found.person else None


def test_who_has_the_number_comes_before_who_has_the_address() -> None:
    assert chosen(JANE, person("number", phone="415-555-2671"), person("address", email="jane@example.com")) == "number"


def test_of_several_with_the_number_one_with_the_address_is_meant() -> None:
    both = person("both", phone=NUMBER, email="jane@example.com", account="a")
    assert chosen(JANE, person("one", phone=NUMBER, name="Jane Doe", account="b"), both) == "both"


def test_where_several_have_the_number_and_none_the_address_too_who_has_the_address_is_meant() -> None:
    switchboard = [person(f"p{n}", phone=NUMBER, account="a") for n in range(3)]
    assert chosen(Party(phone=NUMBER, email="jane@example.com"), *switchboard) is None
    assert (
        chosen(Party(phone=NUMBER, email="jane@example.com"), *switchboard, person("j", email="jane@example.com"))
        == "j"
    )


def test_then_the_name_then_a_contact_before_a_lead_then_a_mobile_before_a_telephone() -> None:
    assert chosen(JANE, person("john", phone=NUMBER), person("jane", phone=NUMBER, name="jane doe")) == "jane"
    nameless = Party(phone=NUMBER)
    assert chosen(nameless, person("lead", phone=NUMBER, object="leads"), person("contact", phone=NUMBER)) == "contact"
    assert chosen(nameless, person("telephone", phone=NUMBER), person("mobile", mobile=NUMBER)) == "mobile"


def test_one_person_kept_twice_at_one_account_is_the_row_that_changed_last() -> None:
    twice = [
        person("old", phone=NUMBER, name="Jane Doe", account="a"),
        person("new", phone=NUMBER, minute=1, name="jane doe", account="a"),
    ]
    assert chosen(Party(phone=NUMBER), *twice) == "new"
    assert chosen(Party(phone=NUMBER), *reversed(twice)) == "new"


def test_of_two_extensions_the_one_that_was_called_is_meant_and_nobody_at_another() -> None:
    called = Party(phone="+1 415 555 2671 ext 12", email="jane@example.com")
    bob = person("bob", phone="(415) 555-2671 x34")
    jane = person("jane", phone="415-555-2671 x12", email="jane.roe@example.com")
    desk = person("desk", phone=NUMBER)
    assert chosen(called, bob, jane, desk) == "jane"
    assert chosen(called, bob) is None
    assert chosen(called, bob, person("address", email="jane@example.com")) == "address"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"name": "John Smith", "email": "a@x.com"}, {"name": "John Smith", "email": "b@y.com"}, False),
        ({"name": "John Smith", "email": "a@x.com"}, {"name": "john smith", "email": "a@x.com"}, True),
        ({"email": "a@x.com", "account": "a"}, {"name": "John", "email": "a@x.com", "account": "a"}, True),
        ({"name": "Bob", "email": "info@x.com", "account": "a"}, {"name": "Ann", "email": "info@x.com"}, False),
        (
            {"name": "Bob", "email": "i@x.com", "account": "a"},
            {"name": "Ann", "email": "i@x.com", "account": "a"},
            False,
        ),
    ],
)
def test_neither_a_shared_mailbox_nor_the_lack_of_an_account_makes_two_people_one(
    one: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    assert (
        bool(chosen(Party(phone=NUMBER), person("1", phone=NUMBER, **one), person("2", phone=NUMBER, **other))) == same
    )


def test_several_people_of_one_account_are_ambiguous_and_of_that_account() -> None:
    found = Sought(Party(phone=NUMBER), "US").among(
        [person("jane", phone=NUMBER, name="Jane", account="a"), person("john", phone=NUMBER, name="John", account="a")]
    )
    assert (found.match, found.person, found.account) == (Match.AMBIGUOUS, None, "a")


def test_one_name_at_two_accounts_is_ambiguous_and_of_no_account() -> None:
    found = Sought(Party(phone=NUMBER), "US").among(
        [person("one", phone=NUMBER, name="Jane", account="a"), person("two", phone=NUMBER, name="Jane", account="b")]
    )
    assert (found.match, found.account) == (Match.AMBIGUOUS, None)


def test_nobody_is_unknown() -> None:
    assert Sought(JANE, "US").among([person("other", phone="+14155552672")]).match is Match.UNKNOWN


@pytest.mark.parametrize(
    ("called", "written", "same"),
    [
        ("+14155552671", "(415) 555-2671 ext. 7", True),
        ("+14155552671", "tel:+1-415-555-2671", True),
        ("4155552671", "1-415-555-2671", True),
        ("+491705550123", "+49 (0)170 5550123", True),
        ("+491705550123", "0170 5550123", True),
        ("+491705550123", "0049 170 5550123", True),
        ("+5491112345678", "011 15-1234-5678", True),
        ("+525512345678", "+52 1 55 1234 5678", True),
        ("+5215512345678", "+52 55 1234 5678", True),
        ("+525512345678", "044 55 1234 5678", True),
        ("+525512345678", "01 55 1234 5678", True),
        ("+393331234567", "333 1234567", True),
        ("+390212345678", "02 1234 5678", True),
        ("+10000000000", "000-000-0000", False),  # whoever has no number
        ("1111111111", "(111) 111-1111", False),
        ("+266696687", "+266696687", False),  # "anonymous" on the keys
        ("+442079460958", "(207) 946-0958", False),  # a number of Maine
        ("+14155552671", "555-2671", False),
        ("+14155552671", "call my assistant", False),
    ],
)
def test_a_number_is_the_same_however_it_is_typed(called: str, written: str, same: bool) -> None:
    assert chosen(Party(phone=called), person("it", phone=written)) == ("it" if same else None)
