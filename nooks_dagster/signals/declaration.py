"""What a signal is: a question about an account whose answer has a shape and must be shown in a document.

Belongs here: the declaration, and what is refused when it is written. Does not: the words of the prompt
(`signals.prompts`), the signals themselves (`assets/signals/`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from pydantic import BaseModel

from nooks_dagster.failures import Permanent
from nooks_dagster.research.ages import EARLY
from nooks_dagster.research.documents import Kind
from nooks_dagster.signals.canonical import digest
from nooks_dagster.signals.envelope import envelope
from nooks_dagster.signals.reports import Status
from nooks_dagster.signals.rules import RULES
from nooks_dagster.signals.shapes import column_of, schema_of, what_is_wrong

TAKEN = frozenset({"answers", "asked", "changes", "current", "duplicates", "leases", "own", "plans", "versions"})
"""Tables of the engine."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,38}")
SHARED = "*"
"""The scope of answers that all workspaces share; no workspace can have that name."""


class Scope(StrEnum):
    """Whose an answer is."""

    PUBLIC = "public"
    """It rests on public pages alone, so all workspaces share it."""
    WORKSPACE = "workspace"
    """It rests on the workspace's own facts too."""


@dataclass(frozen=True)
class Signal:
    """A question about an account, asked of its documents.

    Attributes:
        name: Of the asset `signals/<name>` and the table `signals.<name>`.
        about: One sentence for people: what it tells.
        question: What the model is asked, in a few sentences.
        finding: The fields of one finding, flat: text, numbers, booleans, dates, enums, lists of text; nullable where
            a page may not tell.
        stated: Fields whose values must stand in the quotes; together they tell one finding from another. Empty where
            values are a translation or a kind, and no page's own words.
        documents: Kinds of documents that it reads.
        time_to_live: How long an answer with findings holds. Then it is asked again if the pages say something else;
            if not, it holds once more, for asking would only repeat it.
        not_found_time_to_live: How long any other answer holds; an error is looked into again after a day at most.
        prompt_version: Grows with each change of the question; a new one is tried on some accounts first.
        scope: Whether the answers are all workspaces' or one's.
        own: By field of the finding, the workspace's own facts that it must be one of, such as
            `{"investor": "investors"}`; needs `Scope.WORKSPACE`.
        most_findings: More are left out.
        max_output_tokens: The most that an answer may take.
        model: Which one answers; the settings' by default.
        effort: How much it may reason: reading pages takes little. None leaves it to the model.

    Raises:
        Permanent: The declaration contradicts itself, or the shape is none that a model can be held to.
    """

    name: str
    about: str
    question: str
    finding: type[BaseModel]
    stated: tuple[str, ...]
    documents: tuple[Kind, ...] = tuple(Kind)
    time_to_live: timedelta = timedelta(days=30)
    not_found_time_to_live: timedelta = timedelta(days=7)
    prompt_version: str = "1"
    scope: Scope = Scope.PUBLIC
    own: Mapping[str, str] = field(default_factory=dict)
    most_findings: int = 25
    max_output_tokens: int = 4_000
    model: str | None = None
    effort: str | None = "low"

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise Permanent(problem, subject=f"signal {self.name}", next_step="docs/add-a-signal.md shows one.")

    @property
    def early(self) -> timedelta:
        """So much before its time an answer may be asked for again: a night finds due what the one before answered."""
        return min(EARLY, min(self.time_to_live, self.not_found_time_to_live) / 2)

    @cached_property
    def answer(self) -> type[BaseModel]:
        """The model of a whole answer, as it is asked for."""
        return envelope(self.name, self.finding)

    @cached_property
    def schema_version(self) -> str:
        """What changes with the shape of the answer."""
        return digest(schema_of(self.answer))[:12]

    def version(self, model: str) -> str:
        """Return what changes when accounts must be asked anew: prompt, shape or model.

        Args:
            model: The one that answers.
        """
        parameters = [sorted(self.documents), self.most_findings, self.max_output_tokens, self.effort]
        words = [RULES, self.question, sorted(self.own.items())]
        return digest([self.name, self.prompt_version, self.schema_version, model, words, parameters])[:16]

    def holds(self, status: Status) -> timedelta:
        """Return how long an answer of a status holds."""
        return self.time_to_live if status is Status.FOUND else self.not_found_time_to_live

    def scope_of(self, workspace: str) -> str:
        """Return the scope under which a workspace finds and leaves answers."""
        return SHARED if self.scope is Scope.PUBLIC else workspace

    def _problem(self) -> str | None:
        fields = self.finding.model_fields
        no_text = [name for name in self.own if name in fields and column_of(fields[name].annotation) != "text"]
        unknown = [name for name in (*self.stated, *self.own) if name not in fields]
        checks = {
            "Its name is not of the form tech_stack.": not NAME.fullmatch(self.name),
            "Its name is that of a table of the engine.": self.name in TAKEN,
            "It asks no question, or does not say what it tells.": not (self.question.strip() and self.about.strip()),
            "It reads no kind of document.": not self.documents,
            f"Its findings have no field {', '.join(unknown)}.": bool(unknown),
            "Its answers do not hold for a positive time.": min(self.time_to_live, self.not_found_time_to_live)
            <= timedelta(0),
            "It asks about the workspace's own facts, so its answers cannot be public.": bool(self.own)
            and self.scope is Scope.PUBLIC,
            f"Its field {', '.join(no_text)} is no text, so it is none of the workspace's own facts.": bool(no_text),
            "It allows no findings, or no tokens.": self.most_findings < 1 or self.max_output_tokens < 1,
        }
        return next((problem for problem, holds in checks.items() if holds), None) or what_is_wrong(self.finding)
