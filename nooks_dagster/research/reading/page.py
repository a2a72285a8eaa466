"""One page, read: its text, its title and language, its links.

Belongs here: putting `reading.html` and trafilatura together. Does not: which link is worth following
(`research.web.links`).

Trafilatura finds the article among its surroundings (related posts, share buttons). On all other pages the lists and
cards that it takes for surroundings are the content: jobs, people, technologies. There every visible line counts,
which also costs a tenth (2.4 instead of 27 ms for 21 KB).
"""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message

from lxml.html import HtmlElement
from trafilatura import bare_extraction

from nooks_dagster.research.documents import Kind
from nooks_dagster.research.reading.html import decoded, lines, parsed, remove_unseen
from nooks_dagster.research.reading.text import normalised, one_line
from nooks_dagster.research.researcher import Readable

MOST_LINKS = 2_000
LONGEST_TITLE = 300
LONGEST_WORDS = 120
SHORTEST_ARTICLE = 200  # letters; below it trafilatura missed the article, or it is one line with a picture
SHORTEST_DRAWN = 100
"""Letters of a page that scripts draw: one with fewer says "Loading", and holds nothing until they have run."""
MOST_ELEMENTS = 20_000  # of an article for trafilatura: it takes 2 s for as many, and people read none so large
_REFRESH = re.compile(r"\s*\d+(?:\.\d*)?\s*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)
_LANGUAGE = re.compile(r"\s*([a-zA-Z]{2})(?:[-_][a-zA-Z0-9-]+)?\s*(?:,|$)")

# A tree takes ten to twenty times the bytes of its page, and only one thread at a time works on one anyway.
_TREES = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands on a page; `dated` is what the nearest `<time>` says, ISO 8601, else ""."""

    href: str
    words: str
    dated: str = ""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What a page holds; `readable` is None without any text, `refresh` is where it sends its reader.

    Links and `refresh` are to be joined to `base`, and that to the page's own address.
    """

    readable: Readable | None
    links: Sequence[Link] = ()
    base: str = ""
    refresh: str | None = None


def read_page(body: bytes, content_type: str, language: str, kind: Kind, most: int) -> ReadPage:
    """Read a page of HTML or plain text.

    Args:
        body: As it came, unpacked.
        content_type: The header of that name.
        language: The header Content-Language, "" if there is none.
        kind: What it is for.
        most: Letters of text.
    """
    header = Message()
    header["content-type"] = content_type or "text/html"
    charset = header.get_content_charset()
    if header.get_content_type() == "text/plain":
        text = normalised(decoded(body, charset).splitlines(), most)
        return ReadPage(Readable("", _language(language), text) if text else None)
    with _TREES:
        tree = parsed(body, charset)
        return ReadPage(None) if tree is None else _read(tree, language, kind, most)


def _read(tree: HtmlElement, language: str, kind: Kind, most: int) -> ReadPage:
    links, base, refresh, title = _links(tree), _base(tree), _refresh(tree), _title(tree)
    spoken = _language(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or language)
    drawn = tree.find(".//script[@src]") is not None
    remove_unseen(tree)
    text = _article(tree, most) if kind is Kind.ARTICLE else ""
    text = text or normalised(lines(tree), most)
    if drawn and len(text) < SHORTEST_DRAWN:
        text = ""
    return ReadPage(Readable(title, spoken, text) if text else None, links, base, refresh)


def _article(tree: HtmlElement, most: int) -> str:
    if sum(1 for _ in tree.iter()) > MOST_ELEMENTS:
        return ""
    found = bare_extraction(tree, include_comments=False, include_tables=True)
    text = getattr(found, "text", None) or ""
    return normalised(text.splitlines(), most) if len(text) >= SHORTEST_ARTICLE else ""


def _title(tree: HtmlElement) -> str:
    found = tree.find(".//title")
    return one_line(found.text_content())[:LONGEST_TITLE] if found is not None else ""


def _language(told: str) -> str | None:
    found = _LANGUAGE.match(told)
    return found[1].lower() if found else None


def _refresh(tree: HtmlElement) -> str | None:
    for meta in tree.iter("meta"):
        if meta.get("http-equiv", "").lower() == "refresh" and (found := _REFRESH.match(meta.get("content", ""))):
            return found[1].strip()
    return None


def _links(tree: HtmlElement) -> list[Link]:
    found: list[Link] = []
    for anchor in tree.iter("a"):
        if href := anchor.get("href"):
            found.append(Link(href, one_line(anchor.text_content()[:LONGEST_WORDS]), _dated(anchor)))
            if len(found) == MOST_LINKS:
                break
    return found


def _base(tree: HtmlElement) -> str:
    found = tree.find(".//base[@href]")
    return "" if found is None else str(found.get("href"))


def _dated(anchor: HtmlElement) -> str:
    """Return the time beside a link: of the entry of a list that it stands in."""
    for around in anchor.iterancestors("article", "li", "tr"):
        time = around.find(".//time[@datetime]")
        return (time.get("datetime") or "")[:25] if time is not None else ""
    return ""
