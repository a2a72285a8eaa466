"""The prompt cache: a prompt that begins as a recent one did is cheaper up to where they part.

Belongs here: prefixes of at least 1,024 tokens, by steps of 128, per key, model and `prompt_cache_key`.
Does not: what a prefix is made of (`http.responses` puts schema and instructions before the input), prices (`models`).
"""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b

from sandbox.openai.tokens import BYTES

STEP = 128
LEAST = 1024
_MOST_KEPT = 200_000
"""Prefixes; one of 6 pages has about 100, and its hash and time take 150 bytes."""


class PromptCache:
    """Prefixes that were seen; called by the event loop alone.

    Args:
        seconds: For which a prefix is kept after its last use.
        clock: Seconds that only grow.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._used: OrderedDict[bytes, float] = OrderedDict()

    def pass_through(self, space: str, prompt: bytes) -> tuple[int, int]:
        """Return how many tokens of a prompt were in the cache, and how many are written to it now.

        Args:
            space: Prompts of different spaces share nothing.
            prompt: In UTF-8.
        """
        now, marks = self._clock(), _marks(space.encode(), prompt)
        if len(marks) * STEP < LEAST:
            return 0, 0
        known = 0
        for number, mark in enumerate(marks, 1):
            if now - self._used.get(mark, float("-inf")) <= self._seconds:
                known = number
            self._used[mark] = now
            self._used.move_to_end(mark)
        while len(self._used) > _MOST_KEPT:
            self._used.popitem(last=False)
        cached = known * STEP if known * STEP >= LEAST else 0
        return cached, len(marks) * STEP - cached


def _marks(space: bytes, prompt: bytes) -> list[bytes]:
    """Return a hash for each prefix that is a whole number of steps long."""
    digest, size, marks = blake2b(space, digest_size=12), STEP * BYTES, []
    for end in range(size, len(prompt) + 1, size):
        digest.update(prompt[end - size : end])
        marks.append(digest.digest())
    return marks
