"""What a customer may choose for a connection: how often it is read, and what of it.

Belongs here: the choices, their defaults, and refusing what makes no sense. Does not: acting on them (`crm.starts`,
`crm.lifecycle.chosen`), or keeping them (`workspaces.registry`).
"""

import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nooks_dagster.crm.constants import Constant
from nooks_dagster.failures import Permanent

log = logging.getLogger(__name__)


class OverlapPolicy(StrEnum):
    """What becomes of a start that falls due while an earlier one is not done.

    No policy loses data: each acts on starts only, and what is read next always begins where the watermark stands.
    """

    BUFFER_ALL = "buffer_all"
    """Each start is done, in order; above a thousand that wait they are coalesced, and counted."""
    COALESCE = "coalesce"
    """All that wait become one, the latest."""
    SKIP = "skip"
    """The new start is dropped."""
    CANCEL_OTHER = "cancel_other"
    """The earlier one is given up, the new one takes its place."""


class SyncOptions(BaseModel):
    """The choices of one connection; objects and fields as the CRM calls them: "Contact", "Contact.Birthdate"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cadence_minutes: int | None = Field(default=None, ge=1, le=1440, description="Its own; None for the platform's.")
    overlap: OverlapPolicy = OverlapPolicy.BUFFER_ALL
    only_objects: tuple[str, ...] = Field(default=(), description="Nothing but these is read; empty for all.")
    without_objects: tuple[str, ...] = Field(default=(), description="These are never read.")
    only_fields: tuple[str, ...] = Field(default=(), description="Of an object named here, nothing but these is read.")
    without_fields: tuple[str, ...] = Field(default=(), description="These are never asked for.")

    calls: bool | None = Field(
        default=None, description="Whether recorded calls are logged in it; None where it has the field for them."
    )

    call_fields: Mapping[str, Constant] = Field(
        default_factory=dict, description="What every logged call holds beside itself, by the CRM's own fields."
    )

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read what is stored, or what a person wrote.

        Raises:
            Permanent: It makes no sense; the message names the choice.
        """
        try:
            return cls.model_validate(stored)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = ".".join(str(part) for part in first["loc"])
            raise Permanent(f"'{name}' cannot be chosen so: {first['msg']}.") from None


def lenient(stored: Mapping[str, Any], whose: str) -> SyncOptions:
    """Read what is stored; what makes no sense is as if nothing was chosen, for one customer's row stops nobody else's.

    Args:
        stored: The choices.
        whose: The connection, for the log.
    """
    try:
        return SyncOptions.of(stored)
    except Permanent as broken:
        log.warning("%s is treated as if it had chosen nothing: %s", whose, broken)
        return SyncOptions()
