"""What its form tells to be personal is taken out of a text; the rest stays as it is."""

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nooks_dagster.privacy.redaction import redact

REGIONS = ("US", "DE", "FR")
ARABIC = {ord(digit): 0x660 + int(digit) for digit in string.digits}
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("(415) 555-2671", "phone"),
        ("+1 415.555.2671", "phone"),
        ("415, 555, 2671", "phone"),
        ("+49 (0)170 5550123", "phone"),
        ("0170/5550123", "phone"),
        ("06 12 34 56 78", "phone"),
        ("+44 20 7946 0958", "phone"),
        ("0044 20 7946 0958", "phone"),
        ("00 1 415 555 0100", "phone"),
        ("00, 44, 20, 7946, 0958", "phone"),
        ("555-0142", "phone"),
        ("jane.doe+sales@example.co.uk", "email"),
        ("jane dot doe at example dot com", "email"),
        ("jane at example.com", "email"),
        ("maria arroba ejemplo punto com", "email"),
        ("jane\uff20example.com", "email"),
        ("jane(at)example.com", "email"),
        ("jane.doe [at] example [dot] com", "email"),
        ("jane @ example.com", "email"),
        ("jane@ example.com", "email"),
        ("jane dot doe at example dot dev", "email"),
        ("jane, dot, doe, at, example, dot, com", "email"),
        ("jane at example dot solutions", "email"),
        ("jane \u00e4t example punkt de", "email"),
        ("o'brien at example dot com", "email"),
        ("a@b.co", "id"),  # no room for the word
        ("4111 1111 1111 1111", "card"),
        ("4111, 1111, 1111, 1111", "card"),
        ("3782-822463-10005", "card"),
        ("4111\u00a01111\u00a01111\u00a01111", "card"),
        ("4111\u20131111\u20131111\u20131111", "card"),
        ("4111\u20101111\u20111111\u20121111", "card"),
        ("4111 1111 ... 1111 1111", "card"),
        ("4111… 1111… 1111… 1111", "card"),
        ("4111 1111 1111 1111".translate(ARABIC), "card"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("DE 89 3704 0044 0532 0130 00", "iban"),
        ("DE89, 3704, 0044, 0532, 0130, 00", "iban"),
        ("D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0", "iban"),
        ("gb82 west 1234 5698 7654 32", "iban"),
        ("536-90-4399", "id"),
        ("536.90.4399", "id"),
        ("536\u00a090\u00a04399", "id"),
        ("219-09-9999", "id"),  # famous
        ("219099999", "id"),
        ("86 095 742 719", "id"),  # Steuer-ID
        ("2 95 10 99 126 111 93", "id"),  # NIR
        ("44051401359", "id"),  # PESEL
        ("390.533.447-05", "id"),  # CPF
        ("54362315K", "id"),  # DNI
        ("131052-308T", "id"),  # henkilötunnus
        ("RCCMNL83S18D969H", "id"),  # codice fiscale
        ("756.9217.0769.85", "id"),  # AHV
        ("AB 12 34 56 C", "id"),  # national insurance
        ("A B 1 2 3 4 5 6 C", "id"),
        ("ab123456c", "id"),
        ("1234567T", "id"),  # PPS
        ("120174-3399", "id"),  # kennitala
        ("710319/2745", "id"),  # rodn\u00e9 \u010d\u00edslo
        ("12.531.909-2", "id"),  # RUT
        ("BOXW310820HNERXN09", "id"),  # CURP
        ("ACUPA7085R", "id"),  # PAN
        ("100 000 001 46", "id"),  # T.C. kimlik
        ("37605030299", "id"),  # isikukood
        ("5001 0073 2259", "id"),  # INN
        ("1630615123457", "id"),  # CNP
        ("800101 5009 087", "id"),  # South Africa
        ("971013-9019902", "id"),  # Korea
        ("four one one one one one one one one one one one one one one one", "card"),
        ("Four, one, one, one. One, one, one, one, 1111 one one one one", "card"),
        ("four one five, triple five two six seven one", "phone"),
        ("zero zero four four two oh seven nine four six oh nine five eight", "phone"),
        ("null eins sieben null f\u00fcnf f\u00fcnf f\u00fcnf null eins zwei drei", "phone"),
        ("z\u00e9ro six un deux trois quatre cinq six sept huit", "phone"),
        ("cuatro uno cinco cinco cinco cinco dos seis siete uno", "phone"),
        ("two one nine oh nine nine nine nine nine", "id"),
    ],
)
def test_each_form_is_found_and_what_stands_around_it_stays(text: str, kind: str) -> None:
    redacted = redact(f"So it is {text}, thank you.", REGIONS)
    assert redacted.text == f"So it is [{kind}], thank you."
    assert redacted.counts == {kind: 1}
    assert redacted.spans == {kind: [(9, 9 + len(kind) + 2)]}


def test_a_number_that_many_look_like_is_found_where_it_is_named_or_at_home() -> None:
    assert redact("What's your SIN?\nIt is 130, 692, 544, I think.", REGIONS).text.endswith("It is [id], I think.")
    assert redact("Aadhaar: 2341 2341 2346. The 943 476 5870 is my NHS number.", ()).counts == {"id": 2}
    assert redact("My social security number: two one nine oh nine nine nine nine nine.", ()).counts == {"id": 1}
    assert redact("It is 130 692 544.", ["CA"]).text == "It is [id]."
    assert redact("It is 2341 2341 2346.", ["IN"]).text == "It is [id]."


@pytest.mark.parametrize(
    "text",
    [
        "Order 130 692 544 and part 2341 2341 2346 are sold out.",
        "His SIN is not 130 692 545.",
        "With social insurance at $130,692,544 a year, it is for 130 to 692, 544 at most.",
        "Not AB 12 34 56 X, GB 12 34 56 A or ab 12 34 56 c; at 10 20 30 a bus goes.",
        "Extension four two one two, one two, and one or two more.",
        "One, two, three, four, five, six, seven, eight, nine: I am counting.",
        "Nine eight seven six five four three two one zero!",
        "Two of the seven, three or four of six, five at nine, and zero of eight.",
        "In two thousand twenty six we paid four hundred and twelve dollars fifty.",
        "The order is four one one one one one one one one one one one one one one two.",
        "I am the one. One, two, one, two, one, two?",
    ],
)
def test_what_resembles_a_number_of_somebody_stays(text: str) -> None:
    assert redact(text, REGIONS).text == text


def test_a_digit_that_is_said_beside_a_spelt_number_does_not_hide_it() -> None:
    assert redact("Oh, four one five five five five two six seven one.", ["US"]).text == "Oh, [phone]."
    assert redact("Four one five five five five two six seven one, one moment.", ["US"]).text == "[phone], one moment."


@pytest.mark.parametrize(
    "text",
    [
        "We sold 300, 400, 500 seats in 2024, 2025, 2026 for $12,345,678.90.",
        "On 12.05.2026 at 10:30, version 3.11.2, order 12345, room 4-12.",
        "Look at example dot com, or find us at example.com.",
        "Stay at home. Point is we have no demo at scale, point taken.",
        "Meet at 5 dot 30? No, at nine.",
        "4111 1111 1111 1112 has a wrong check digit.",
        "Its IMEI is 490154203237518.",
        "4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4.",
        "From 250\u20131250 seats, 1990\u20132000 or 2024 \u2013 2025 \u2013 2026 \u2013 2027.",
        "We're at acme.com, and I am at example.com.",
        "Room no. 20 is 30 by 40, it is 50 by 60 at 70, be 80.",
        "From 250-1000 seats, 212-1500 at most, $219099999, 300000000 people (at) noon.",
        "",
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert redact(text, REGIONS).text == text


def test_a_card_is_found_within_the_digits_that_were_said_around_it() -> None:
    assert redact("Card 4111 1111 1111 1111 12 27 123 okay", ["US"]).text == "Card [card] 12 27 123 okay"


def test_an_account_is_found_behind_what_looks_like_one_and_before_more_digits() -> None:
    said = "at 10 it is DE89 3704 0044 0532 0130 00 12 27"
    assert redact(said, ["US"]).text == "at 10 it is [iban] 12 27"


def test_places_are_those_of_the_text_whatever_letters_it_has() -> None:
    wide = "415\u00a0555\u00a02671 \U0001f600 jane@".translate(FULL_WIDTH)
    redacted = redact(f"\U0001f600 \ufb01x {wide}example.com \u00bd", ["US"])
    assert redacted.text == "\U0001f600 \ufb01x [phone] \U0001f600 [email] \u00bd"
    assert redacted.spans == {"phone": [(5, 12)], "email": [(15, 22)]}


@pytest.mark.parametrize("before", ["at 10:00 ", "order 00 "])
def test_a_telephone_number_is_found_behind_what_looks_like_its_beginning(before: str) -> None:
    assert redact(f"{before}415 555 2671", ["US"]).text == f"{before}[phone]"


def test_what_is_found_is_counted_by_kind_and_shown_where_it_stood() -> None:
    redacted = redact("Call 415 555 2671 or 415 555 2672, or mail jane@example.com.", ["US"])
    assert redacted.text == "Call [phone] or [phone], or mail [email]."
    assert redacted.counts == {"phone": 2, "email": 1}
    assert all(redacted.text[slice(*span)] == f"[{kind}]" for kind, spans in redacted.spans.items() for span in spans)


pieces = st.sampled_from(
    [
        *("415 555 2671", "+1", "4111 1111", "1111 1111", "jane@example.com", "at", "dot com", "DE89 3704 0044"),
        *("0532 0130 00", "[phone]", "[id]", "(", ")", "-", ",", ".", "@", " dot ", "54362315", "K", "x12"),
        *("four one five", "double", "five", "two six seven one", "plus", "SIN", "130 692 544", "AB 12 34", "56 C"),
        *("0", "7 7 7 7 7", "\n"),
    ]
)  # fmt: skip
texts = st.one_of(
    st.text(st.sampled_from(string.digits + " +-()./,@[]aK"), max_size=60),
    st.lists(pieces, max_size=12).map(" ".join),
    st.lists(pieces, max_size=12).map("".join),
    st.text(max_size=40),
)


@settings(max_examples=60)
@given(texts)
@example("jane at a.co at b.co at c.co at d.co at e.co at f.co")
def test_to_redact_twice_is_to_redact_once_and_nothing_grows(text: str) -> None:
    once = redact(text, ["US", "DE"])
    again = redact(once.text, ["US", "DE"])
    assert again == once
    assert len(once.text) <= len(text)


words = st.sampled_from(
    ["and", "the", "plan", "was", "good", "for", "everybody", "in", "team", "12", "of", "2026", "at"]
)


@given(st.lists(words, max_size=40).map(" ".join))
def test_a_text_without_anything_personal_is_unchanged(text: str) -> None:
    assert redact(text, ["US"]).text == text


@pytest.mark.parametrize(
    "piece",
    [
        "1 ",
        "1-1",
        "+1 ",
        "a dot ",
        "a@",
        "x.",
        "4111 1111 ",
        "DE12 AAAA ",
        "D E 1 2 ",
        "DE",
        "a @ ",
        "4... ",
        "1.",
        "(",
        "a(at)",
        "00 1 ",
        "one 1111 ",
        "double oh ",
        "four one five five five five two six seven one. ",
        "SIN 12345678 ",
        "A B 1 2 3 4 5 ",
        "123456/",
    ],
)
def test_a_text_that_is_made_to_take_long_is_done_in_one_go(piece: str) -> None:
    """Of what is searched for here each begins everywhere, and ends nowhere or late."""
    text = piece * (8_000 // len(piece))
    assert len(redact(text, ["US"]).text) <= len(text)
