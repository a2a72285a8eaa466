"""One answer to one prompt.

Belongs here: the order of things: take the prompt apart, read what is asked, search, fill the schema.
Does not: tokens, prices, troubles (`sandbox.openai`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any

from sandbox.openai.reader.evidence import Evidence, Finding, Library, Search
from sandbox.openai.reader.filling import Filler
from sandbox.openai.reader.matching import kinds_of
from sandbox.openai.reader.prompt import Prompt, read_prompt
from sandbox.openai.reader.question import read_question
from sandbox.openai.reader.translation import Translator, language_asked
from sandbox.openai.reader.values import variants
from sandbox.openai.reader.vocabulary import WORDS

NO_QUESTION = "I'm sorry, but I can't tell from the instructions what to look for in these documents."


@dataclass(frozen=True)
class Task:
    """What the model is given.

    Args:
        prompt: Taken apart.
        schema: Of the answer; None for one in words.
    """

    prompt: Prompt
    schema: Mapping[str, Any] | None

    @cached_property
    def question(self) -> str:
        """A hash of what is asked about which documents, the same whatever their names, order and times of fetching."""
        prompt, digest = self.prompt, blake2b(digest_size=12)
        digest.update(json.dumps([_plain(prompt.instructions), prompt.context, self.schema], sort_keys=True).encode())
        for text in sorted(_plain(document.text) for document in prompt.documents):
            digest.update(blake2b(text.encode("utf-8", "surrogatepass")).digest())
        return digest.hexdigest()


def task_of(instructions: str, given: str, schema: Mapping[str, Any] | None) -> Task:
    """Return the task that a request sets."""
    return Task(read_prompt(instructions, given), schema)


@dataclass(frozen=True, slots=True)
class Reader:
    """The model."""

    _library: Library = field(default_factory=Library)

    def answer(self, task: Task, *, gullible: bool, invents: bool) -> str | None:
        """Return the text of the answer, or None if the prompt asks for nothing that the model knows of.

        Args:
            task: What is asked.
            gullible: Whether commands in documents are obeyed whatever the prompt says.
            invents: Whether quotes are made up, or a text to be translated is left out.
        """
        language = language_asked(task.prompt.instructions)
        if language is not None and task.prompt.documents:
            said = Translator(task.prompt, language, task.schema).answer(forgets=invents)
            return said if isinstance(said, str) else _written(said)
        question = read_question(task.prompt.instructions)
        if not question.kinds:
            return None
        search = Search(self._library, task.prompt, question, gullible)

        def find(name: str, items: Mapping[str, Any]) -> Sequence[Finding]:
            found = search.findings(_kinds(name, items, question.kinds, task.schema or {}))
            return [_invented(finding) for finding in found] if invents else found

        if task.schema is None:
            lines = [quote.quote for finding in find("", {}) for quote in finding.evidence]
            return "\n".join(f"- {line}." for line in lines) or "The documents say nothing about it."
        return _written(Filler(task.schema, find, task.prompt.context).fill())


def _written(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _kinds(name: str, items: Mapping[str, Any], asked: frozenset[str], root: Mapping[str, Any]) -> frozenset[str]:
    """Return the kinds of fact that are asked for and that a list of these items has room for."""
    if not items:
        return asked
    for variant in variants(items, root):
        if "properties" in variant:
            return kinds_of(frozenset(variant["properties"]), asked)
    named = frozenset(kind for kind in asked if WORDS[kind].search(name.replace("_", " ")))
    return named or kinds_of(frozenset({name}), asked)


def _invented(finding: Finding) -> Finding:
    """Return a finding whose quotes stand in no document: the same words, as another would have put them."""
    quotes = tuple(Evidence(each.document, f"As we reported earlier, {each.quote} indeed") for each in finding.evidence)
    return replace(finding, evidence=quotes)
