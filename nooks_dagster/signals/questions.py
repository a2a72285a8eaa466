"""A signal as one workspace asks it: with its own facts, in one version, of one model.

Belongs here: what is the same for all accounts of a workspace, and the key of an answer. Does not: one account
(`signals.asking`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nooks_dagster.llm.asking import Ask
from nooks_dagster.signals.canonical import digest
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.prompts import instructions


@dataclass(frozen=True)
class Question:
    """What is asked about every account of a workspace.

    Attributes:
        signal: The declaration.
        workspace: Who asks, and pays.
        model: Who answers.
        own: Those of the workspace's own facts that the signal needs.
    """

    signal: Signal
    workspace: str
    model: str
    own: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, signal: Signal, workspace: str, model: str, own: Mapping[str, Sequence[str]]) -> "Question":
        """Return the question of a workspace.

        Args:
            signal: The declaration.
            workspace: Who asks.
            model: Who answers, unless the signal names another.
            own: All that is known of the workspace.
        """
        return cls(signal, workspace, signal.model or model, {name: own.get(name, ()) for name in signal.own.values()})

    @property
    def scope(self) -> str:
        """Under which its answers lie."""
        return self.signal.scope_of(self.workspace)

    @property
    def missing(self) -> str | None:
        """The own fact without which it cannot be asked, None if all are there."""
        return next((name for name, values in self.own.items() if not values), None)

    @cached_property
    def version(self) -> str:
        """What changes when all accounts are to be asked anew."""
        return self.signal.version(self.model)

    @cached_property
    def own_digest(self) -> str:
        """What changes when this workspace's accounts are to be asked anew; "" if it needs no facts."""
        return digest({name: sorted(values) for name, values in self.own.items()})[:16] if self.own else ""

    def ask(self, subject: str, input: str, *, longer: bool = False) -> Ask:  # noqa: A002  as the provider calls it
        """Return what is sent to the model.

        Args:
            subject: Who is asked about.
            input: The lines about it.
            longer: Allow an answer twice the length, for the last one was cut off.
        """
        return Ask(
            kind="text",
            workspace=self.workspace,
            purpose=f"signals/{self.signal.name}",
            subject=subject,
            instructions=instructions(self.signal),
            input=input,
            answer=self.signal.answer,
            model=self.model,
            max_output_tokens=self.signal.max_output_tokens * (2 if longer else 1),
            cache_key=f"signals/{self.signal.name}/{self.version}",
            effort=self.signal.effort,
        )

    def cache_key(self, subject: str, documents: Iterable[str]) -> str:
        """Return what decides whether an answer can be had again.

        Args:
            subject: Who is asked about.
            documents: The SHA-256 of each document, in any order; two pages may hold the same one.
        """
        return digest([self.scope, subject, self.signal.name, sorted(set(documents)), self.own_digest, self.version])
