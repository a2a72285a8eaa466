"""When sentences were said, where the model does not tell: in order, over the voice of the channel.

Belongs here: the estimate. Does not: finding voice (`calls.audio.voice`).

A voice says about as many letters in each second, and nothing in its pauses. So a sentence's share of the letters that
are left is its share of the voice that is left; and where a pause is near its end, it ends there.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from nooks_dagster.calls.audio.voice import Span

NEAR = 0.35
"""Of a sentence's length: as much faster or slower may it be said than the others."""
NEAR_MS = 1_500


def lay(sentences: Sequence[str], voice: Sequence[Span], start: int, end: int) -> Sequence[Span]:
    """Return a span for each sentence, in order and within a piece.

    Args:
        sentences: Said one after the other.
        voice: Of the channel.
        start: Of the piece, in milliseconds.
        end: Of the piece.
    """
    clipped = (Span(max(span.start, start), min(span.end, end)) for span in voice)
    within = [span for span in clipped if span.ms > 0] or [Span(start, end)]
    edges = list(_edges([max(1, len(sentence)) for sentence in sentences], [span.ms for span in within]))
    begins = [_moment(within, edge, begins=True) for edge in edges]
    ends = [_moment(within, edge, begins=False) for edge in edges]
    return [Span(first, max(first, last)) for first, last in zip(begins, ends[1:], strict=False)]


def _edges(letters: Sequence[int], voice: Sequence[int]) -> Iterator[int]:
    """Yield after how much voice each sentence begins, and at last where the voice ends."""
    pauses = list(accumulate(voice, initial=0))
    total, left, place = pauses[-1], sum(letters), 0
    for count in letters:
        yield place
        long = (total - place) * count / left
        place = _near(pauses, place + long, min(NEAR * long, NEAR_MS))
        left -= count
    if letters:
        yield total


def _near(pauses: Sequence[int], place: float, most: float) -> int:
    """Return the pause that is nearest to a place, or the place itself if none is near."""
    after = bisect_left(pauses, place)
    nearest = min(pauses[max(0, after - 1) : after + 1], key=lambda pause: abs(pause - place), default=0)
    return nearest if abs(nearest - place) <= most else int(place)


def _moment(voice: Sequence[Span], spoken: int, *, begins: bool) -> int:
    """Return when so much voice was heard; at a pause, its end for what begins and its start for what ends."""
    for span in voice:
        if spoken < span.ms or (spoken == span.ms and not begins):
            return span.start + spoken
        spoken -= span.ms
    return voice[-1].end
