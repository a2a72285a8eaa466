"""What Postgres takes for the key of a number is one of those that a search for it begins with."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.phones import phone_of
from nooks_dagster.database.pool import Database

WRITTEN = [
    ("+14155552671", "(415) 555-2671 ext. 7"),
    ("+14155552671", "tel:+1-415-555-2671;ext=3"),
    ("+14155552671", "14155552671#12"),
    ("+33612345678", "06 12 34 56 78"),
    ("+33612345678", "+33 (0)6 12 34 56 78"),
    ("+33612345678", "0033612345678"),
    ("+493012345", "030/12345"),
    ("+493012345", "+49 30 12345"),
    ("+5491112345678", "011 15-1234-5678"),
    ("+376312345", "312345"),
    ("+525512345678", "+52 1 55 1234 5678"),
    ("+525512345678", "044 55 1234 5678"),
]


def key(db: Database, text: str) -> int | None:
    with db.transaction() as conn:
        row = conn.execute("select crm.phone_key(%s::text)", [text]).fetchall()[0]
    return None if row[0] is None else int(row[0])


def test_every_way_to_write_a_number_is_found(db: Database) -> None:
    for number, written in WRITTEN:
        phone = phone_of(number, "US")
        assert phone is not None
        assert key(db, written) in phone.keys, written


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_has_a_key_or_none(db: Database, text: str) -> None:
    found = key(db, text)
    assert found is None or 0 <= found < 10**10


def test_what_nobody_can_be_called_by_is_no_number() -> None:
    assert [phone_of(text, "US") for text in ("", "anonymous", "555-0123", "911", "12")] == [None] * 5
