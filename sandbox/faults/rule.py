"""What all faults share: which calls they are meant for, and on which of those they fall.

Belongs here: matching and counting, a pure function of the number of the call and the time since the rule was made.
Does not: kinds of fault (`kinds`), the rules in force (`faults`).
"""

import random
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from sandbox.faults.seen import Seen


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Calls = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""Kinds of call as the counters name them; one may stand without a list."""


class Rule(BaseModel):
    """A fault and when it strikes. Everything that is left out restricts nothing.

    Args:
        org: The org's name; then no portal is meant.
        portal: The portal's name; then no org is meant.
        project: The name in the OpenAI key; then neither is meant.
        calls: Kinds of call.
        object: An object that the address or the query names.
        text: Text in the address, the query or the body.
        after: So many matching calls are spared first.
        every: Of the rest, each so-many-th is struck.
        times: So often at most.
        probability: Of striking a call that is due, drawn from `seed` and the number of the call.
        seed: Of all chance in the rule.
        delay_seconds: How long it takes until the rule is in force.
        seconds: How long the rule is in force then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    org: str | None = None
    portal: str | None = None
    project: str | None = None
    calls: Calls = ()
    object: str | None = None
    text: str | None = None
    after: NonNegativeInt = 0
    every: PositiveInt = 1
    times: PositiveInt | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1
    seed: int = 0
    delay_seconds: NonNegativeFloat = 0
    seconds: PositiveFloat | None = None

    def matches(self, call: Seen) -> bool:
        """Return whether a call is one of those that the rule is meant for."""
        return (
            self.org in (None, call.org)
            and self.portal in (None, call.portal)
            and self.project in (None, call.project)
            and (not self.calls or call.kind in self.calls)
            and (self.text is None or self.text in call.text)
            and (self.object is None or self.object.lower() in call.objects)
        )

    def falls_on(self, number: int, elapsed: float) -> bool:
        """Return whether the rule strikes its `number`-th matching call (from 1), `elapsed` seconds after it began."""
        due = number > self.after and (number - self.after) % self.every == 0
        return due and self._in_force(elapsed) and self._chance(number)

    def _in_force(self, elapsed: float) -> bool:
        since = elapsed - self.delay_seconds
        return since >= 0 and (self.seconds is None or since < self.seconds)

    def _chance(self, number: int) -> bool:
        return random.Random(f"{self.seed}:{number}").random() < self.probability
