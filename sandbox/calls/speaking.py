"""Turns of a conversation as stereo sound: each party on a channel, pauses, and at times both at once.

Belongs here: when which word is said; samples. Does not: what is said (`scripts`), files (`files`).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sandbox.calls.codec import Samples, Word, sound
from sandbox.calls.phrases.translating import Sentence

Role = Literal["rep", "prospect"]
ROLES: tuple[Role, Role] = ("rep", "prospect")
_PERSONAL = {"phone", "email", "card"}
_NOISE = 8
"""Of the line, in steps of 16 bits: far below any voice."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a party says in one go."""

    role: Role
    language: str
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The words."""
        return self.translated(self.language)

    @property
    def personal(self) -> frozenset[str]:
        """Numbers and addresses that are told, as they are written."""
        told = (each.values[slot] for each in self.sentences for slot in each.phrase.slots & _PERSONAL)
        return frozenset(told)

    def translated(self, language: str) -> str:
        """Return the words in a language."""
        return " ".join(sentence.text(language) for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Said:
    """A turn, and when it was spoken, in seconds."""

    turn: Turn
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """A conversation: samples of two channels, the rep's first, and what is in them."""

    samples: npt.NDArray[np.int16]
    rate: int
    said: tuple[Said, ...]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    def text(self, role: Role) -> str:
        """Return all that a party says."""
        return " ".join(said.turn.text for said in self.said if said.turn.role == role)


def speak(turns: Sequence[Turn], rate: int, chance: random.Random, seconds: float = 0.0) -> Spoken:
    """Return turns as sound; those that would end after `seconds`, if given, are left out, and silence fills it up."""
    placed: list[tuple[int, int, Samples]] = []
    said: list[Said] = []
    free = {"rep": 0, "prospect": 0}
    cursor = int(rate * chance.uniform(0.1, 0.4))
    for turn in turns:
        at = max(cursor, free[turn.role])
        samples = _turn(turn, rate, chance)
        end = at + len(samples)
        if seconds and end > rate * seconds:
            break
        placed.append((ROLES.index(turn.role), at, samples))
        said.append(Said(turn, at / rate, end / rate))
        free[turn.role] = end + int(rate * 0.4)
        overlaps = chance.random() < 0.2
        cursor = end + int(rate * (chance.uniform(-0.3, 0) if overlaps else chance.uniform(0.25, 0.7)))
    last = max((at + len(samples) for _, at, samples in placed), default=0)
    length = int(rate * seconds) if seconds else last + int(rate * 0.3)
    return Spoken(_mixed(placed, max(length, last), chance), rate, tuple(said))


def _turn(turn: Turn, rate: int, chance: random.Random) -> Samples:
    parts: list[Samples] = []
    voice = 1 + ROLES.index(turn.role)
    for number, sentence in enumerate(turn.sentences):
        if number:
            parts.append(_silence(rate, chance.uniform(0.18, 0.3)))
        for place, text in enumerate(sentence.text(turn.language).split()):
            if place:
                parts.append(_silence(rate, chance.uniform(0.04, 0.08)))
            parts.append(sound(Word(text, turn.language, voice), rate, 6000 if turn.role == "rep" else 8000))
    return np.concatenate(parts)


def _silence(rate: int, seconds: float) -> Samples:
    return np.zeros(int(rate * seconds), np.int16)


def _mixed(placed: Sequence[tuple[int, int, Samples]], length: int, chance: random.Random) -> npt.NDArray[np.int16]:
    generator = np.random.default_rng(chance.getrandbits(64))
    samples = generator.integers(-_NOISE, _NOISE + 1, (length, 2), np.int16)
    for channel, at, part in placed:
        samples[at : at + len(part), channel] += part
    return samples
