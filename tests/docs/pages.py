"""The pages of the documentation, taken apart: blocks of code with what their comment says of them.

Belongs here: reading Markdown. Does not: judging it (the tests beside this).
"""

import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]

_BLOCK = re.compile(
    r"^(?:<!-- (?P<order>\w+): (?P<detail>.+?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code; `order` and `detail` come from the comment above it, such as `<!-- file: a/b.py -->`."""

    page: Path
    language: str
    text: str
    order: str
    detail: str

    def __str__(self) -> str:
        first = self.text.strip().partition("\n")[0][:40]
        return f"{self.page.name}:{self.language}:{first}"


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of all pages in some languages."""
    return [
        Block(page, found["language"], found["text"], found["order"] or "", found["detail"] or "")
        for page in PAGES
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))
        if found["language"] in languages
    ]


def ordered(page: str, order: str, detail: str) -> str:
    """Return the text of the one block of a page whose comment says so."""
    (text,) = [b.text for b in blocks("python", "sh") if (b.page.name, b.order, b.detail) == (page, order, detail)]
    return text


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
