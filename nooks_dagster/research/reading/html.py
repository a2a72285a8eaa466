"""HTML as a person sees it: what is hidden, scripted or commented out is no text.

Belongs here: parsing, visibility, lines of text. Does not: what the lines mean (`research.reading.fingerprint`), links
(`research.web.links`).
"""

import codecs
import re
from collections.abc import Iterator

import lxml.etree as etree  # noqa: PLR0402  the other form is unknown to pyright, for it is no Python module
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from nooks_dagster.research.words import words

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_HEAD = 2048
LONGEST_TAG = 16 * 1024
"""Bytes. The parser takes a second for 20,000 attributes, and four times as long for twice as many."""
# A mark of quotation begins a value behind = only; elsewhere it is a slip of the pen.
_ATTRIBUTES = rb"""(?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?)*+"""
_TAGS = re.compile(
    rb"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rb"|(?P<opening><(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes)\b%b>).*?(?:</(?P=raw)|\Z)"
    rb"|(?P<tag><[a-z]%b(?:>|\Z))" % (_ATTRIBUTES, _ATTRIBUTES),
    re.IGNORECASE | re.DOTALL,
)
_UNSEEN = words(
    "audio canvas datalist dialog embed head iframe map math meta nav noscript object option script select "
    "source style svg template textarea title track video"
)
_BLOCKS = words(
    "address article aside blockquote body br dd details div dl dt fieldset figcaption figure footer form h1 "
    "h2 h3 h4 h5 h6 header hr li main ol option p pre section summary table tbody tfoot thead tr ul"
)
_CELLS = frozenset(("td", "th"))
_GOES = "goes"
_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0+)?(?:;|$)|font-size:0(?:px|em|rem|pt|%)?(?:;|!|$)"
    r"|(?:text-indent|left|top):-\d{3,}|clip:rect\([01]"
)
_UNSEEN_CLASSES = frozenset(
    ("sr-only", "visually-hidden", "screen-reader-text", "visuallyhidden", "screen-reader-only")
)
_HIDDEN_CLASSES = words("hidden d-none is-hidden hide")
_SHOWN_AT_A_WIDTH = re.compile(r"[:-](?:block|flex|grid|inline\S*|table\S*)$")  # `hidden md:flex`: on a wide screen
_BANNER = re.compile(r"cookie-?(?:banner|consent|notice|bar|law)|onetrust|usercentrics|didomi", re.IGNORECASE)


def parsed(body: bytes, charset: str | None) -> HtmlElement | None:
    """Return the tree of a page, or None when there is nothing in it.

    Args:
        body: As it came; charsets are told by the header, then the page, then guessed.
        charset: Of the header.
    """
    encoding = _encoding(body, charset)
    try:
        parser = HTMLParser(encoding=encoding, remove_comments=True, remove_pis=True)
    except LookupError:  # one that Python alone knows
        body = decoded(body, encoding).encode()
        parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return document_fromstring(_without_vast_tags(body), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def decoded(body: bytes, charset: str | None) -> str:
    """Return plain text, of whole characters."""
    try:
        text = body.decode(_encoding(body, charset), errors="replace")
    except UnicodeError:  # some encodings, punycode for one, know no replacements
        text = body.decode(errors="replace")
    return text.encode(errors="replace").decode()


def remove_unseen(tree: HtmlElement) -> None:
    """Take out of a tree what a person does not see."""
    # Taken out one by one, what stands behind each would be copied behind the one before, again and again.
    for element in [element for element in tree.iter() if _unseen(element)]:
        if element.getparent() is not None and isinstance(element.tag, str):
            element.tag = _GOES
    etree.strip_elements(tree, _GOES, etree.Entity, etree.Comment, with_tail=False)


def lines(tree: HtmlElement) -> Iterator[str]:
    """Yield the text of a tree block by block, the cells of a table's row on one line; not yet normalised."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag
        if tag in _BLOCKS:
            if pieces:
                yield "".join(pieces)
                pieces = []
        elif event == "end" and tag in _CELLS:
            pieces.append(" | ")
        text = element.text if event == "start" else element.tail
        if text:
            pieces.append(text)
    if pieces:
        yield "".join(pieces)


def _without_vast_tags(body: bytes) -> bytes:
    """Return a page without tags that no person wrote: pictures and data of scripts, or a burden for the parser."""
    if len(body) <= LONGEST_TAG:
        return body
    return _TAGS.sub(lambda one: b"" if len(one["opening"] or one["tag"] or b"") > LONGEST_TAG else one[0], body)


def _unseen(element: HtmlElement) -> bool:
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:
        return element.tag != "dialog" or "open" not in element.attrib
    told = element.attrib
    if not told:
        return False
    if "hidden" in told or told.get("role") == "navigation" or _STYLE.search(_flat(told.get("style", ""))):
        return True
    classes = told.get("class", "").split()
    return _hiding(classes) or bool(_BANNER.search(f"{told.get('id', '')} {' '.join(classes)}"))


def _hiding(classes: list[str]) -> bool:
    if not _UNSEEN_CLASSES.isdisjoint(classes):
        return True
    return not _HIDDEN_CLASSES.isdisjoint(classes) and not any(map(_SHOWN_AT_A_WIDTH.search, classes))


def _flat(style: str) -> str:
    return "".join(style.split()).lower()


def _encoding(body: bytes, charset: str | None) -> str:
    told = _CHARSET.search(body[:_HEAD])
    for name in (charset, told[1].decode() if told else None):
        try:
            if name and isinstance(b"a".decode(name, errors="replace"), str):  # some are no encodings of text
                return codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
    try:
        body.decode()
    except UnicodeDecodeError as error:
        # Cut in the middle of a letter at its very end, it is UTF-8 still.
        return "utf-8" if error.start > len(body) - 4 else "windows-1252"
    return "utf-8"
