"""Pieces: where a channel is cut, so that each part is short enough to be sent and no word is lost.

Belongs here: moments. Does not: samples (`calls.audio.encoding`), joining what was heard (`calls.speech.joining`).

A cut goes through silence, where nothing can be lost or heard twice. Who speaks for minutes without a pause is cut at
the softest moment, and some seconds are in both pieces: their words are found in both, and joined.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nooks_dagster.calls.audio.voice import FRAME_MS, Levels, Span, threshold

LONGEST_MS = 300_000
"""Five minutes: a model writes 2,000 tokens at most, ten minutes of speech, and answers within a request's time."""
LARGEST = 24_000_000
"""Bytes of a piece; the provider takes 25 MB."""
AROUND_MS = 500
"""Silence kept around voice: soft beginnings of words are below the threshold."""
SHORTEST_MS = 100
"""What is shorter, with its silence, the provider refuses; and no word is."""
LOOK_MS = 30_000
"""How far before the latest moment a silence is looked for."""
PAUSE_MS = 400
"""A pause so long lies between words; shorter ones are in the middle of some (a stop before a p, t or k)."""
SHARED_MS = 6_000
"""Of a cut without silence, in both pieces: some fifteen words, of which the outermost may be broken."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a channel, in milliseconds; `shared` of it were in the piece before."""

    start: int
    end: int
    shared: int = 0

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return (self.end - self.start) / 1000


def longest_ms(rate: int, width: int) -> int:
    """Return how long a piece may be, by what is sent: so many samples a second of so many bytes."""
    return min(LONGEST_MS, LARGEST * 1000 // (rate * width))


def pieces(voice: Sequence[Span], levels: Levels, ms: int, longest: int) -> Sequence[Piece]:
    """Cut a channel; what lies before its first and after its last voice is left out.

    Args:
        voice: Its spans; none is no piece, nor is a recording that is too short for a word.
        levels: Its loudness.
        ms: How long the recording is.
        longest: How long a piece may be.

    Raises:
        ValueError: Pieces so short would lie in one another, and never come to an end.
    """
    if longest < 2 * SHARED_MS:
        raise ValueError(f"{longest} ms is too short for pieces of which {SHARED_MS} are in two")
    if not voice or ms < SHORTEST_MS:
        return ()
    found: list[Piece] = []
    start, shared, end = max(0, voice[0].start - AROUND_MS), 0, min(ms, voice[-1].end + AROUND_MS)
    while end - start > longest:
        cut, silent = _softest(levels, start + longest - min(LOOK_MS, longest // 2), start + longest - SHARED_MS // 2)
        half = 0 if silent else min(SHARED_MS, longest // 4) // 2
        found.append(Piece(start, cut + half, shared))
        start, shared = cut - half, 2 * half
        if silent:
            start = max(start, next(span.start for span in voice if span.end > cut) - AROUND_MS)
    found.append(Piece(start, end, shared))
    return found


def _softest(levels: Levels, first: int, last: int) -> tuple[int, bool]:
    """Return the middle of the softest pause between two moments, the latest of several, and whether it is silent."""
    frames = PAUSE_MS // FRAME_MS
    window = levels[first // FRAME_MS : last // FRAME_MS]
    if len(window) < frames:
        return last, False
    loudest = np.lib.stride_tricks.sliding_window_view(window, frames).max(axis=1)
    place = len(loudest) - 1 - int(np.argmin(loudest[::-1]))
    silent = bool(loudest[place] <= threshold(levels))
    return (first // FRAME_MS + place + frames // 2) * FRAME_MS, silent
