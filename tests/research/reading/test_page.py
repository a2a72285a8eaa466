"""From the bytes of a page to text that can be quoted."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nooks_dagster.research.documents import Kind
from nooks_dagster.research.reading.page import ReadPage, read_page
from nooks_dagster.research.reading.text import normalised


def read(body: bytes | str, kind: Kind = Kind.HOME, content_type: str = "text/html", most: int = 60_000) -> ReadPage:
    return read_page(body.encode() if isinstance(body, str) else body, content_type, "", kind, most)


def text(body: bytes | str, kind: Kind = Kind.HOME, content_type: str = "text/html", most: int = 60_000) -> str | None:
    readable = read(body, kind, content_type, most).readable
    return readable and readable.text


def test_lists_tables_and_cards_are_kept_line_by_line() -> None:
    page = """
        <h1>Open   positions</h1>
        <ul><li><a href=/1>Sales Engineer</a>, Berlin</li><li>Account <b>Exec</b>utive</li></ul>
        <table><tr><th>Tool</th><th>Use</th></tr><tr><td>Snowflake</td><td>warehouse</td></tr></table>
        <div class=card><a href=/2>Data Engineer</a></div><div class=card><a href=/3>Counsel</a></div>
        <p>One<br>two</p>
    """
    assert (text(page) or "").splitlines() == [
        "Open positions",
        "Sales Engineer, Berlin",
        "Account Executive",
        "Tool | Use",
        "Snowflake | warehouse",
        "Data Engineer",
        "Counsel",
        "One",
        "two",
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>SECRET</script>", "<style>SECRET</style>", "<template>SECRET</template>",
        "<noscript>SECRET</noscript>",
        "<!-- SECRET -->", "<p hidden>SECRET</p>", "<p style='display: NONE'>SECRET</p>",
        "<div style='color:red;visibility:hidden'><p>SECRET</p></div>", "<p style='font-size:0'>SECRET</p>",
        "<p style='opacity:0'>SECRET</p>", "<p style='position:absolute;left:-9999px'>SECRET</p>",
        "<span class='sr-only'>SECRET</span>", "<div class='hidden'>SECRET</div>", "<nav>SECRET</nav>",
        "<div id='cookie-banner'>SECRET</div>", "<iframe>SECRET</iframe>", "<textarea>SECRET</textarea>",
        "<dialog>SECRET</dialog>", "<svg><text>SECRET</text></svg>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [Kind.HOME, Kind.ARTICLE])
def test_what_nobody_sees_is_no_text(hidden: str, kind: Kind) -> None:
    shown = "<p>" + "We sell widgets to all who want some. " * 10 + "</p>"
    found = text(f"<html><body><article>{shown}{hidden}<p>And gadgets too.</p></article></body></html>", kind)
    assert found is not None
    assert "widgets" in found
    assert "And gadgets too." in found
    assert "SECRET" not in found


def test_what_is_hidden_on_small_screens_only_is_text() -> None:
    assert text("<div class='hidden md:flex'>Shown</div><div class='d-none d-lg-block'>too</div>") == "Shown\ntoo"
    assert text("<p style='opacity:0.8'>Shown</p>") == "Shown"


def test_letters_that_nobody_sees_go_and_the_rest_is_in_one_spelling() -> None:
    decomposed = unicodedata.normalize("NFD", "Zürich")
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore")
    assert text(f"<p>{decomposed}&nbsp;&nbsp;&shy;is\u200b \u202e{tags}big</p>") == "Zürich is big"


def test_an_article_is_told_from_its_surroundings() -> None:
    article = "".join(
        f"<p>{'Acme raised a Series B of 20 million led by Sequoia. ' * 5}Part {n}.</p>" for n in range(6)
    )
    related = "".join(f"<div class='related'><a href=/{n}>Other story {n}</a></div>" for n in range(20))
    found = text(
        f"<html><body><article><h1>Raise</h1>{article}</article><aside>{related}</aside></body></html>", Kind.ARTICLE
    )
    assert found is not None
    assert "Part 5." in found
    assert "Other story" not in found


def test_a_short_article_is_read_as_it_stands() -> None:
    assert text("<h1>Acme opens in Paris</h1><p>Soon.</p>", Kind.ARTICLE) == "Acme opens in Paris\nSoon."


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>Zürich</p>".encode(), "text/html"),
        ("<p>Zürich</p>".encode("latin-1"), "text/html; charset=iso-8859-1"),
        ("<p>Zürich</p>".encode("cp1252"), "text/html"),
        ("<meta charset='iso-8859-1'><p>Zürich</p>".encode("latin-1"), "text/html"),
        ("<p>Zürich</p>".encode(), "text/html; charset=no-such"),
        ("Zürich".encode("utf-16"), "text/plain; charset=utf-16"),
    ],
)
def test_each_way_to_tell_the_letters_is_understood(body: bytes, content_type: str) -> None:
    assert text(body, content_type=content_type) == "Zürich"


def test_title_and_language_are_what_the_page_says() -> None:
    found = read("<html lang='de-CH'><title> Über\n uns </title><body><p>Wir</p></body></html>").readable
    assert found is not None
    assert (found.title, found.language) == ("Über uns", "de")
    told = read_page(b"<p>Nous</p>", "text/html", "fr, en", Kind.HOME, 100).readable
    assert told is not None
    assert told.language == "fr"


def test_a_long_text_is_cut_between_lines() -> None:
    assert text("".join(f"<p>line {n}</p>" for n in range(1000)), most=19) == "line 0\nline 1"
    assert text("<p>" + "x" * 1000 + "</p>", most=20) == "x" * 20


@pytest.mark.parametrize("body", ["", " ", "<html></html>", "<script>x</script>", "<!DOCTYPE html>"])
def test_a_page_without_text_says_so(body: str) -> None:
    assert text(body) is None


def test_a_page_nested_without_end_is_read_all_the_same() -> None:
    assert "deep" in (text("<div>" * 20_000 + "deep" + "<p>and wide</p>") or "deep")


@given(st.binary(max_size=2_000))
def test_no_bytes_break_it(body: bytes) -> None:
    read(body)
    read(body, Kind.ARTICLE)


@given(st.lists(st.text(), max_size=20), st.integers(1, 200))
@example(["00 0"], 3)
@example(["a | b"], 3)
def test_normal_text_is_normal(lines: list[str], most: int) -> None:
    once = normalised(lines, most)
    assert normalised(once.splitlines(), most) == once
    assert len(once) <= most


BURDENS = {
    "attributes": b"<div " + b" ".join(b"a%d=1" % n for n in range(400_000)) + b">Welcome</div>",
    "quoted attributes": b"<div " + b" ".join(b'a%d=">"' % n for n in range(300_000)) + b">Welcome</div>",
    "a script's attributes": b"Welcome<script " + b" ".join(b"a%d=1" % n for n in range(400_000)) + b"></script>",
    "hidden parts": b"Welcome" + b"<i hidden></i>x" * 60_000,
    "scripts": b"Welcome" + b"<script></script>x" * 80_000,
    "paragraphs": b"<p>Welcome" * 100_000,
}


@pytest.mark.parametrize("kind", [Kind.HOME, Kind.ARTICLE])
@pytest.mark.parametrize("burden", BURDENS)
def test_no_page_takes_minutes(burden: str, kind: Kind) -> None:
    begun = time.process_time()
    found = text(BURDENS[burden], kind)
    assert time.process_time() - begun < 20
    assert "Welcome" in (found or "") or "attributes" in burden


def test_a_vast_tag_goes_and_the_words_around_it_stay() -> None:
    script = "<script>if (a<b) { don't() } // " + "x" * 40_000 + "</script>"
    picture = f'<img src="data:image/png;base64,{"A" * 50_000}">'
    slip = '<a href="/x"" title=">">One</a>' + '<p title="a">It\'s</p>' * 2_000
    body = f"<!-- don't --><h1>Acme</h1>{script}{picture}<p>makes</p>{slip}<p>widgets</p>"
    lines = (text(body) or "").splitlines()
    assert (lines[:4], lines[-1], lines.count("It's")) == (["Acme", "makes", "One", "It's"], "widgets", 2_000)


@pytest.mark.parametrize("charset", ["zlib", "idna", "undefined", "rot13", "utf-8-sig", "mac-roman", "x\x00y"])
@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
def test_a_charset_that_is_none_of_a_page_costs_nothing(charset: str, kind: str) -> None:
    assert text("Acme makes widgets", content_type=f"{kind}; charset={charset}") == "Acme makes widgets"


def test_half_a_character_is_no_text() -> None:
    found = text(b"Acme \\ud800 makes", content_type="text/plain; charset=unicode_escape")
    assert (found or "").encode().decode() == "Acme ? makes"


def test_a_page_that_scripts_are_still_to_draw_says_nothing() -> None:
    body = b"<script src='/app.js'></script><div id='root'>Loading...</div>"
    assert read_page(body, "text/html", "", Kind.HOME, 1_000).readable is None
    assert read_page(body + b"<p>We make widgets.</p>" * 9, "text/html", "", Kind.HOME, 1_000).readable is not None
