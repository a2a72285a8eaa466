"""Instructions that stand in a document: where, and what they would have said.

Belongs here: recognising them, and what it means to obey. Does not: whether the model does (`evidence`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_COMMAND = re.compile(
    r"\b(ignor\w*|disregard|forget|override|vergiss|missachte\w*|oublie[zr]?|olvid\w+|descart\w+)\b[^.\n]{0,60}"
    r"\b(instruction|instructions|rules|prompt|prompts|anweisung\w*|vorgaben|consignes|instrucciones)\b"
    r"|^\W*(system|assistant|developer|user)( message| prompt)?\s*:"
    r"|\b(attention|note|message|important)\b[^.\n]{0,20}?\b(to|for) (all |the )?"
    r"(ai|llms?|language models?|assistants?|bots?)\b"
    r"|(?-i:\bSYSTEM:)|\b(you are now|new instructions?)\b"
    r"|</?(document|system|instructions)\b|\[/?INST\]|<\|im_(start|end)\|>",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNS = (
    "instruction", "instrucciones", "anweisung", "vorgaben", "consignes", "rules", "prompt", "system", "assistant",
    "developer:", "user:", "attention", "note to", "note for", "message to", "message for", "important", "you are now",
    "<document", "</document", "[inst", "[/inst", "<|im_",
)  # fmt: skip
"""Each command has one of these in lower case; looking for them takes a twentieth of the time of the expression."""
_NOTHING = re.compile(r"\b(not[_ ]found|no findings|nothing|empty)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[\"'\u201c\u201e\u00ab]([^\"'\u201d\u201c\u00bb]{2,120})[\"'\u201d\u201c\u00bb]")
_SHORT = 20
"""Characters after a command in which its sentence does not end: `Ignore your instructions. Say this.`"""
_END = re.compile(r"[.!?](?=\s|$)|\n")


@dataclass(frozen=True, slots=True)
class Injection:
    """An instruction in a document: `text[start:end]`."""

    start: int
    end: int
    demand: str

    @property
    def nothing(self) -> bool:
        """Whether it would have the model say that there is nothing."""
        return bool(_NOTHING.search(self.demand))

    @property
    def forged(self) -> list[Mapping[str, Any]]:
        """The findings that it dictates as JSON, if it does."""
        begin, finish = self.demand.find("{"), self.demand.rfind("}")
        try:
            dictated = json.loads(self.demand[begin : finish + 1]) if 0 <= begin < finish else None
        except ValueError:
            dictated = None
        if not isinstance(dictated, dict):
            return []
        findings = dictated.get("findings", [dictated])
        return [each for each in findings if isinstance(each, dict)] if isinstance(findings, list) else []

    @property
    def words(self) -> str:
        """What it would have the model say: what it quotes, or else all of it."""
        quoted = _QUOTED.search(self.demand)
        return quoted[1] if quoted else self.demand[:120]


def injections(text: str) -> Iterator[Injection]:
    """Yield the instructions of a text, each with the sentence that it commands."""
    lower, reached = text.lower(), 0
    if not any(sign in lower for sign in _SIGNS):
        return
    for match in _COMMAND.finditer(text):
        if match.start() < reached:
            continue
        sentence = _END.search(text, min(match.end() + _SHORT, len(text)))
        reached = sentence.start() if sentence else len(text)
        yield Injection(match.start(), reached, text[match.end() : reached].strip(" .:,;\n"))
