"""Lines: a transcript as a text, a line for what each party said until the other spoke.

Belongs here: who stands in which line. Does not: what is taken out of the text (`privacy.redaction`).

A number is often said in several goes, and the other says a word in between. It is found only if it stands in one
line, so it does, and that word comes after it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from nooks_dagster.calls.submission import Role
from nooks_dagster.calls.transcript import Transcript

BRIEF = 60
"""Letters of what the other says while a number is said: "mhm", "go on", "sorry, once more"."""
_ENDS_IN_DIGIT, _BEGINS_WITH_DIGIT = re.compile(r"\d\W*$"), re.compile(r"\W*\d")


@dataclass
class _Turn:
    speaker: Role | None
    words: str = field(repr=False)


def lines(transcript: Transcript) -> Iterator[str]:
    """Yield the lines, each with its speaker where the recording tells."""
    turns: list[_Turn] = []
    for speaker, said in groupby(transcript.utterances, key=lambda u: u.speaker):
        words = " ".join(u.text for u in said)
        turn = next((turn for turn in _open(turns, words) if turn.speaker is speaker), None)
        if turn:
            turn.words += f" {words}"
        else:
            turns.append(_Turn(speaker, words))
    for turn in turns:
        yield f"{turn.speaker.capitalize()}: {turn.words}" if turn.speaker else turn.words


def _open(turns: Sequence[_Turn], words: str) -> Iterator[_Turn]:
    """Yield the last turn, and the one before it if it goes on with a number in spite of a word in between."""
    yield from turns[-1:]
    brief = len(turns) > 1 and len(turns[-1].words) <= BRIEF
    if brief and _ENDS_IN_DIGIT.search(turns[-2].words) and _BEGINS_WITH_DIGIT.match(words):
        yield turns[-2]
