"""Facts into sentences, and sentences back into facts: what a perfect reader finds in a text.

Belongs here: writing one statement, finding all statements of a text with their places.
Does not: the wordings, the pages around them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from sandbox.sites.facts import FIELDS, Fact, Value
from sandbox.sites.slots import literal, slot
from sandbox.sites.vocabulary import CITIES, PRODUCTS, SUMMARIES, TITLES
from sandbox.sites.wordings import SLOTS, WORDINGS

_PART = re.compile(r"(\[|\]|\{[a-z_:]+\})")


class Found(NamedTuple):
    """A fact and where its statement stands: `text[start:end]`, without the full stop."""

    fact: Fact
    start: int
    end: int


@dataclass(frozen=True)
class Wording:
    """One template, in one language, of one kind (news: and type) and standing."""

    kind: str
    language: str
    standing: str
    template: str

    @cached_property
    def slots(self) -> Mapping[str, str]:
        """The slot of each field."""
        names = (part[1:-1].partition(":") for part in _PART.findall(self.template) if part[0] == "{")
        return {field: kind or SLOTS.get(field, field) for field, _, kind in names}

    @cached_property
    def anchor(self) -> str:
        """The longest literal word but for its first letter: where it is missing, nobody need look further."""
        words: list[str] = re.findall(r"[^\s']+", re.sub(_PART, " ", re.sub(r"\[[^]]*\]", " ", self.template)))
        return max(words, key=len)[1:]

    @cached_property
    def core(self) -> re.Pattern[str]:
        """The longest run of literal words but for its first letter: where it is missing, too, nobody looks further.

        An expression that begins with one of a thousand names is slow: without this a page of 670 characters takes
        2.0 ms, with it 0.35.
        """
        runs = [part for part in _PART.split(re.sub(r"\[[^]]*\]", "{optional}", self.template)) if part[:1] != "{"]
        return re.compile(literal(max((run.strip() for run in runs), key=len)[1:]))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression that finds it."""
        return re.compile("".join(map(self._expression, _PART.split(self.template))))

    def write(self, values: Mapping[str, Value]) -> str:
        """Return the sentence for values, without its full stop."""

        def optional(match: re.Match[str]) -> str:
            fields = re.findall(r"\{([a-z_]+)", match[1])
            return match[1] if all(values.get(field) is not None for field in fields) else ""

        def value(match: re.Match[str]) -> str:
            field = match[1].partition(":")[0]
            return slot(self.slots[field], self.language).write(values[field])

        text = re.sub(r"\{([a-z_:]+)\}", value, re.sub(r"\[([^]]*)\]", optional, self.template))
        return text[0].upper() + text[1:]

    def read(self, match: re.Match[str]) -> Mapping[str, Value]:
        """Return the values of a sentence that was found."""
        return {
            field: None if text is None else slot(self.slots[field], self.language).read(" ".join(text.split()))
            for field, text in match.groupdict().items()
        }

    def _expression(self, part: str) -> str:
        if part in ("[", "]"):
            return "(?:" if part == "[" else ")?"
        if not part.startswith("{"):
            return _any_case(part)
        field = part[1:-1].partition(":")[0]
        return f"(?P<{field}>{slot(self.slots[field], self.language).pattern})"


def _any_case(text: str) -> str:
    """Return an expression for a text whose first letter may begin a sentence or not."""
    if text[:1].isalpha():
        return f"[{text[0].lower()}{text[0].upper()}]{literal(text[1:])}"
    return literal(text)


def _wordings() -> Iterator[Wording]:
    for kind, lines in WORDINGS.items():
        for line in filter(None, map(str.strip, lines.splitlines())):
            yield Wording(kind, *line.split(" ", 2))


ALL = tuple(_wordings())


@lru_cache
def choices(kind: str, language: str, standing: str) -> tuple[Wording, ...]:
    """Return the wordings of a kind of fact; in English where a language has none.

    Raises:
        LookupError: There is none.
    """
    for tried in (language, "en"):
        found = tuple(each for each in ALL if (each.kind, each.language, each.standing) == (kind, tried, standing))
        if found:
            return found
    raise LookupError(f"no sentence states a {kind} that is {standing}; see sandbox/sites/wordings.py")


def write(fact: Fact, language: str, wording: int = 0) -> str:
    """Return a sentence that states a fact, with its full stop.

    Args:
        fact: What is stated; fields that are implied by others need not fit.
        language: One of `en`, `de`, `fr`, `es`.
        wording: Any number: which of the wordings.
    """
    kind = fact.kind
    if kind == "news":
        kind = f"news.{fact.values['type']}"
    standing = "other" if fact.subject else "past" if fact.past else "us"
    known = choices(kind, language, standing)
    return known[wording % len(known)].write(_stated(fact)) + "."


def read(text: str) -> list[Found]:
    """Return the facts that the sentences of a text state, in the order of the text; of two that overlap the longer."""
    found = [each for wording in ALL if _may_be(wording, text) for each in _find(wording, text)]
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[Found] = []
    for each in found:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def _may_be(wording: Wording, text: str) -> bool:
    return wording.anchor in text and wording.core.search(text) is not None


def _find(wording: Wording, text: str) -> Iterator[Found]:
    for match in wording.pattern.finditer(text):
        yield Found(_meant(wording, wording.read(match)), match.start(), match.end())


def _stated(fact: Fact) -> dict[str, Value]:
    values = dict(fact.values)
    if fact.subject:
        values["subject"] = fact.subject
    if fact.kind == "funding":
        values["money"] = f"{values['amount']} {values['currency']}"
    if fact.kind == "news":
        before, after = SUMMARIES[str(values["type"])].split("{topic}")
        values["topic"] = str(values["summary"]).removeprefix(before).removesuffix(after)
    return values


def _meant(wording: Wording, stated: Mapping[str, Value]) -> Fact:
    """Return the fact of stated values, with what a well-read person adds to them."""
    kind, _, type_ = wording.kind.partition(".")
    values = dict(stated)
    if "product" in values:
        values["vendor"] = PRODUCTS[str(values["product"])][0]
    if "title" in values:
        values["seniority"] = TITLES[str(values["title"])]
    if "city" in values:
        values["country"] = CITIES[str(values["city"])]
    if "money" in values:
        amount, currency = str(values["money"]).split()
        values |= {"amount": int(amount), "currency": currency}
    if "topic" in values:
        values |= {"type": type_, "summary": SUMMARIES[type_].format(topic=values["topic"])}
    subject = values.get("subject")
    fields = {name: values.get(name) for name in FIELDS[kind]}
    return Fact(kind, fields, None if subject is None else str(subject), past=wording.standing == "past")
