"""What Postgres takes for the key of a number is one of those that a search for it begins with."""

from collections.abc import Sequence

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
    ("+33612345678", "06\u00a012\u202f34\u200956 78"),
    ("+14155552671", "\u202a+1 (415) 555\u20112671\u202c"),
    ("+14155552671", "415\t555\u00b72671"),
    ("+14155552671", "\uff08\uff14\uff11\uff15\uff09\uff15\uff15\uff15\uff0d\uff12\uff16\uff17\uff11"),
    ("+966501234567", "\u0660\u0665\u0660 \u0661\u0662\u0663 \u0664\u0665\u0666\u0667"),
]


def key(db: Database, text: str) -> int | None:
    with db.transaction() as conn:
        row = conn.execute("select crm.phone_key(%s::text)", [text]).fetchall()[0]
    return None if row[0] is None else int(row[0])


def test_every_way_to_write_a_number_is_found(db: Database) -> None:
    for number, written in WRITTEN:
        phone = phone_of(number, "US")
        assert phone is not None
        assert phone.is_written(written, "US"), ascii(written)
        assert key(db, written) in phone.keys, ascii(written)


zeros = [chr(code) for code in range(0x80, 0x10000) if chr(code).isdecimal() and not int(chr(code))]
signs = st.one_of(
    st.sampled_from(" \t-()./*[]\u2212\u223c\u3000\u30fc\ufeff\uff08\uff09\uff0d\uff0e\uff0f\uff3b\uff3d"),
    st.characters(min_codepoint=0x80, max_codepoint=0xBF),
    st.characters(min_codepoint=0x2000, max_codepoint=0x206F),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zeros=st.lists(st.sampled_from(["0", *zeros]), min_size=10, max_size=10),
    between=st.lists(st.text(signs, max_size=2), min_size=10, max_size=10),
)
def test_a_number_is_found_whatever_stands_between_its_digits(
    db: Database, zeros: Sequence[str], between: Sequence[str]
) -> None:
    phone = phone_of("4155552671", "US")
    written = "".join(
        chr(ord(zero) + int(digit)) + sign for zero, digit, sign in zip(zeros, "4155552671", between, strict=True)
    )
    assert phone is not None
    assert phone.is_written(written, "US")
    assert key(db, written) in phone.keys


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_has_a_key_or_none(db: Database, text: str) -> None:
    found = key(db, text)
    assert found is None or 0 <= found < 10**10


def test_what_nobody_can_be_called_by_is_no_number() -> None:
    assert [phone_of(text, "US") for text in ("", "anonymous", "555-0123", "911", "12")] == [None] * 5
