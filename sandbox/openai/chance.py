"""What befalls a request: how long its answer takes, and which of the troubles of the terms it meets.

Belongs here: drawing, from the seed, the question and the number of its try alone, so that runs repeat and a retry may
succeed. Does not: carrying it out (`http.responses`).
"""

import math
import random
from dataclasses import dataclass
from enum import StrEnum

from sandbox.openai.terms import Terms


class Trouble(StrEnum):
    """What goes wrong; at most one of them in a request. The names are those of the terms."""

    SERVER_ERROR = "server_errors"
    OVERLOAD = "overloads"
    UNANSWERED = "unanswered"
    REFUSAL = "refusals"
    TRUNCATION = "truncations"
    MALFORMED = "malformed"
    INVENTED_QUOTE = "invented_quotes"


UNBILLED = (Trouble.SERVER_ERROR, Trouble.OVERLOAD)


@dataclass(frozen=True, slots=True)
class Fate:
    """What befalls one request.

    Args:
        seconds: That its answer takes, scaled.
        trouble: That it meets, or None.
        gullible: Whether an injected instruction is obeyed whatever the prompt says.
        share: Of an answer that is cut, what is left; from 0.2 to 0.8.
    """

    seconds: float
    trouble: Trouble | None
    gullible: bool
    share: float


def draw(terms: Terms, question: str, number: int, mean_seconds: float | None = None) -> Fate:
    """Return what befalls the `number`-th try of a question; the mean is the terms' unless another is given."""
    chance = random.Random(f"{terms.seed}:{question}:{number}")
    longer = 1 if mean_seconds is None else mean_seconds / terms.mean_seconds
    seconds = longer * terms.median_seconds * math.exp(terms.spread * chance.gauss(0, 1))
    trouble = _trouble(terms, chance.random())
    # Whether a page wins over the prompt lies in the two, not in the try: who asks again is fooled again.
    credulity = random.Random(f"{terms.seed}:{question}").random()
    return Fate(seconds * terms.time_scale, trouble, credulity < terms.gullible, 0.2 + 0.6 * chance.random())


def _trouble(terms: Terms, at: float) -> Trouble | None:
    for trouble in Trouble:
        at -= float(getattr(terms, trouble.value))
        if at < 0:
            return trouble
    return None
