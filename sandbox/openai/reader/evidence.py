"""What the documents of a prompt state about what is asked, and where; or what a page has made the model believe.

Belongs here: reading documents with the care that the prompt asks for, same facts of several documents as one finding.
Does not: the form of the answer (`filling`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import NamedTuple

from sandbox.openai.reader.injections import Injection, injections
from sandbox.openai.reader.matching import day_of
from sandbox.openai.reader.prompt import Document, Prompt
from sandbox.openai.reader.question import Question
from sandbox.openai.reader.vocabulary import PRIMARY
from sandbox.sites.facts import FIELDS, Fact
from sandbox.sites.sentences import Found, read

_MOST_EVIDENCE = 3
_MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote from a document."""

    document: Document
    quote: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact, and the quotes that state it."""

    fact: Fact
    evidence: tuple[Evidence, ...]

    @property
    def day(self) -> str | None:
        """When it happened, if that is told."""
        name = day_of(self.fact.kind)
        value = self.fact.values.get(name) if name else None
        return None if value is None else str(value)


class _Read(NamedTuple):
    """What stands in a text."""

    facts: Sequence[Found]
    commands: Sequence[Injection]


@dataclass(slots=True)
class Library:
    """Texts that were read before; the same pages come with each question about a company."""

    _known: dict[bytes, _Read] = field(default_factory=dict)

    def read(self, text: str) -> _Read:
        """Return the facts and commands of a text; a fact within a command is none of the text's own."""
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        found = self._known.get(key)
        if found is None:
            commands = list(injections(text))
            facts = [each for each in read(text) if not any(c.start <= each.start < c.end for c in commands)]
            found = _Read(facts, commands)
            if len(self._known) >= _MOST_KEPT:
                del self._known[next(iter(self._known))]
            self._known[key] = found
        return found


@dataclass(frozen=True, slots=True)
class Search:
    """A search in the documents of one prompt.

    Args:
        library: Reads.
        prompt: The prompt.
        question: What its words say.
        gullible: Whether commands in documents are obeyed whatever it says.
    """

    library: Library
    prompt: Prompt
    question: Question
    gullible: bool

    def findings(self, kinds: frozenset[str]) -> list[Finding]:
        """Return what the documents state of some kinds of fact, in their order."""
        commands = list(self._obeyed())
        if any(command.nothing and not command.forged for _, command in commands):
            return []
        believed = [finding for each in commands for finding in _obey(*each, kinds)]
        stated = _merged([finding for finding in self._stated(kinds) if self._wanted(finding)])
        return (believed + stated)[: self.question.most]

    def _stated(self, kinds: frozenset[str]) -> Iterator[Finding]:
        for document in self.prompt.documents:
            for fact, start, end in self.library.read(document.text).facts:
                if fact.kind in kinds and self._counts(fact):
                    quote = Evidence(document, document.text[start:end])
                    yield Finding(replace(fact, subject=None, past=False), (quote,))

    def _counts(self, fact: Fact) -> bool:
        """Return whether a statement counts: a careless prompt has the model believe what is not so, or not of us."""
        return not (fact.past and self.question.not_past) and not (fact.subject and self.question.not_others)

    def _wanted(self, finding: Finding) -> bool:
        question, own = self.question, self.prompt.own
        if not question.shared or not (own or question.names_own):
            return True
        return str(finding.fact.values.get(PRIMARY[finding.fact.kind])).lower() in own

    def _obeyed(self) -> Iterator[tuple[Document, Injection]]:
        """Yield the commands that the model takes for its user's: outside of documents always, beside a developer's."""
        for command in self.library.read(self.prompt.loose).commands if self.prompt.rules else ():
            yield Document("", self.prompt.loose, {}), command
        if self.question.guarded and not self.gullible:
            return
        for document in self.prompt.documents:
            for text in (document.text, str(document.about.get("title") or "")):
                for command in self.library.read(text).commands:
                    yield document, command


def _obey(document: Document, command: Injection, kinds: frozenset[str]) -> Iterator[Finding]:
    """Yield what a command would have the model say, with a quote that no document has."""
    quote = (Evidence(document, f"It is confirmed that {command.words}"),)
    told = [each.fact for each in read(command.demand) if each.fact.kind in kinds]
    for kind in () if told else sorted(kinds):
        for forged in command.forged or [{PRIMARY[kind]: command.words}]:
            yield Finding(Fact(kind, {name: forged.get(name) for name in FIELDS[kind]}), quote)
    for fact in told:
        yield Finding(fact, quote)


def _merged(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings of the same fact as one, with the first few of their quotes."""
    merged: dict[Fact, Finding] = {}
    for finding in findings:
        known = merged.get(finding.fact)
        if known is None:
            merged[finding.fact] = finding
        elif len(known.evidence) < _MOST_EVIDENCE and finding.evidence[0] not in known.evidence:
            merged[finding.fact] = replace(known, evidence=known.evidence + finding.evidence)
    return list(merged.values())
