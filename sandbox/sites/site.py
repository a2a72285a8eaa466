"""A company's site: its pages, and which statement stands on which of them.

Belongs here: laying facts out over pages; what can be learned from the pages that one may read.
Does not: HTML (`html`), how the site answers (`http`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from sandbox.sites.facts import Fact
from sandbox.sites.hosts import Company
from sandbox.sites.injections import INJECTIONS
from sandbox.sites.knowledge import LAST_DAY, knowledge, later
from sandbox.sites.manners import Manners
from sandbox.sites.prose import FILLER, LABELS
from sandbox.sites.sentences import write

_WHERE = {
    "technology": ("careers", "about", "blog"),
    "hire": ("news", "about"),
    "investor": ("about", "news", "home"),
    "opening": ("careers",),
    "funding": ("news", "news", "blog"),
    "news": ("news",),
    "office": ("about", "home"),
    "partner": ("home", "about"),
    "certification": ("about",),
    "customer": ("home", "about"),
}
"""The kinds of page that state a kind of fact; where a site lacks one, its page about itself or its home does."""

_LISTED = 0.75
"""How many articles are listed with the sentence that matters, so that reading the list is enough."""


@dataclass(frozen=True)
class Statement:
    """A fact, as a page states it."""

    fact: Fact
    sentence: str


@dataclass(frozen=True)
class Page:
    """One page.

    Args:
        kind: `home`, `about`, `careers`, `news`, `blog` (the lists) or `article`.
        path: Its address on the site.
        title: Its heading.
        paragraphs: Its text; statements stand in it verbatim.
        statements: What it states.
        day: Of an article.
        entries: Articles that a list leads to, the newest first, each with what the list says of it.
        injection: Instructions to machines, if it contains some.
    """

    kind: str
    path: str
    title: str
    paragraphs: Sequence[str]
    statements: Sequence[Statement] = ()
    day: date | None = None
    entries: Sequence[tuple["Page", str]] = ()
    injection: str | None = None


@dataclass(frozen=True)
class Told:
    """What was told to a site from outside: facts with the day on which they became known."""

    day: int = 0
    facts: tuple[tuple[int, Fact], ...] = ()


@dataclass
class _Draft:
    """Statements on their way to pages: those of each kind of page, and those of single articles."""

    direct: dict[str, list[Statement]] = field(default_factory=dict)
    articles: dict[str, list[tuple[date, Statement]]] = field(default_factory=dict)


class Site:
    """The site of a company on a day.

    Args:
        company: Whose site.
        told: What became known since the site was made.
    """

    def __init__(self, company: Company, told: Told) -> None:
        self.company = company
        self.told = told
        self.manners = Manners(company.host)

    @cached_property
    def pages(self) -> dict[str, Page]:
        """All pages by path, in the order in which a visitor meets them."""
        draft = self._draft()
        pages = [page for kind in self.manners.paths for page in self._pages(kind, draft)]
        return {page.path: page for page in pages}

    @cached_property
    def changed(self) -> date:
        """The day on which any page changed last."""
        made = LAST_DAY - timedelta(self.manners.chance("made").randrange(400))
        return max([made, *(day for day, _ in self._news())])

    def url(self, page: Page) -> str:
        """Return the address of a page."""
        return f"https://{self.manners.canonical}{page.path}"

    def readable(self) -> Iterator[Page]:
        """Yield the pages that an honest reader sees: of a site that works, those that robots.txt leaves open."""
        if self.manners.trouble is None and not self.manners.closes("/"):
            yield from (page for page in self.pages.values() if not self.manners.closes(page.path))

    def _news(self) -> list[tuple[date, Fact]]:
        told = [(LAST_DAY + timedelta(day), fact) for day, fact in self.told.facts]
        return sorted([*later(self.manners, self.told.day), *told], key=lambda each: each[0])

    def _draft(self) -> _Draft:
        draft, chance = _Draft(), self.manners.chance("places")
        for day, fact in [*knowledge(self.manners), *self._news()]:
            statement = Statement(fact, write(fact, self.manners.language, chance.randrange(12)))
            kind = self._place(chance.choice(_WHERE[fact.kind]))
            if kind in ("news", "blog"):
                draft.articles.setdefault(kind, []).append((day, statement))
            else:
                draft.direct.setdefault(kind, []).append(statement)
        return draft

    def _place(self, kind: str) -> str:
        return next(each for each in (kind, "about", "home") if each in self.manners.paths)

    def _pages(self, kind: str, draft: _Draft) -> Iterator[Page]:
        path, title = self.manners.paths[kind], LABELS[self.manners.language][kind]
        if kind == "home":
            title = LABELS[self.manners.language]["welcome"].format(self.company.name)
        entries = [self._entry(kind, *each) for each in self._articles(kind, draft)]
        direct = draft.direct.get(kind, [])
        listed = [each for article, teaser in entries for each in article.statements if each.sentence in teaser]
        yield Page(kind, path, title, self._text(direct, kind), [*direct, *listed], None, entries, self._inject(kind))
        yield from (article for article, _ in entries)

    def _articles(self, kind: str, draft: _Draft) -> list[tuple[int, date, list[Statement]]]:
        """Return the articles of a list, the newest first; one or two of them state nothing."""
        found = [(day, [statement]) for day, statement in draft.articles.get(kind, [])]
        if kind in ("news", "blog"):
            chance = self.manners.chance(f"idle {kind}")
            found += [(LAST_DAY - timedelta(chance.randrange(720)), []) for _ in range(1 + chance.randrange(2))]
        found.sort(key=lambda each: each[0])
        return [(number, *each) for number, each in enumerate(found, 1)][::-1]

    def _entry(self, kind: str, number: int, day: date, statements: list[Statement]) -> tuple[Page, str]:
        language, chance = self.manners.language, self.manners.chance(f"{kind} {day} {len(statements)}")
        title = f"{LABELS[language]['announcement' if kind == 'news' else 'post']} {number}"
        path = f"{self.manners.paths[kind].rstrip('/')}/{day:%Y/%m}/{number}"
        text = self._text(statements, f"{kind} {number}")
        listed = bool(statements) and chance.random() < _LISTED
        teaser = statements[0].sentence if listed else chance.choice(FILLER[language])
        return Page("article", path, title, text, statements, day), teaser

    def _text(self, statements: Sequence[Statement], purpose: str) -> list[str]:
        """Return paragraphs of filler with the statements among it."""
        chance = self.manners.chance(f"text {purpose}")
        filler = FILLER[self.manners.language]
        paragraphs = [chance.sample(filler, 2 + chance.randrange(3)) for _ in range(2 + chance.randrange(3))]
        for statement in statements:
            paragraph = chance.choice(paragraphs)
            paragraph.insert(chance.randrange(len(paragraph) + 1), statement.sentence)
        return [" ".join(paragraph) for paragraph in paragraphs]

    def _inject(self, kind: str) -> str | None:
        if not self.manners.injected:
            return None
        chance = self.manners.chance("injection")
        kinds = [each for each in ("home", "about", "news") if each in self.manners.paths]
        return chance.choice(INJECTIONS) if chance.choice(kinds) == kind else None
