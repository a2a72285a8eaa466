"""The shape of a whole answer, made around the shape of one finding.

Belongs here: the models that are asked for. Does not: what is kept of an answer (`signals.answers`).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model


class Quoted(BaseModel):
    """A passage that shows a finding: the id of a document of the prompt, and its words."""

    model_config = ConfigDict(extra="forbid")

    document: str
    quote: str


class Found(BaseModel):
    """What each finding has beside its own fields."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)  # a NaN is JSON for Python alone

    evidence: list[Quoted]
    event_date: date | None
    confidence: float


class Envelope(BaseModel):
    """An answer: whether the documents tell it, and what they tell."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["found", "not_found"]

    @property
    def found(self) -> Sequence[Found]:
        """The findings, none if nothing was found."""
        findings: Sequence[Found] = getattr(self, "findings")  # noqa: B009  only the models of signals have them
        return findings if self.status == "found" else ()


def envelope(name: str, finding: type[BaseModel]) -> type[Envelope]:
    """Return the model of the answers whose findings have the given fields.

    Args:
        name: Of the signal.
        finding: The fields of one finding.
    """
    # Every field is required, nullable or not: a strict answer says null, it leaves nothing out.
    fields: dict[str, Any] = {
        field: (declared.rebuild_annotation(), Field(description=declared.description))
        for field, declared in finding.model_fields.items()
    }
    each = create_model(f"{name}_finding", __base__=Found, **fields)
    findings: Any = list[each]  # type: ignore[valid-type]  # a type that exists only at run time
    return create_model(f"{name}_answer", __base__=Envelope, findings=(findings, ...))
