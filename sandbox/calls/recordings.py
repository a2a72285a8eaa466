"""Recordings of all kinds, from a seed: what is sent, and what can be heard in it.

Belongs here: sound and broken files by kind, a pool of those that are used again and again.
Does not: which call has which (`dialer`).
"""

import io
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import soundfile

from sandbox.calls.codec import listen
from sandbox.calls.files import flac, marked, marked_flac, wav, wav_of
from sandbox.calls.poison import bomb
from sandbox.calls.scripts import SCRIPTS, Script
from sandbox.calls.speaking import ROLES, Said, Spoken, speak

_MOST_TURNS = 400


@dataclass(frozen=True, slots=True)
class Recording:
    """A file. `texts` is what can be heard in it, None where nobody can read it.

    Args:
        content: Its bytes.
        kind: Its media type.
        seconds: How long the call seems to be.
        said: What was spoken, if it can be read.
        texts: By party; of one channel for both, under `both`.
        swapped: Whether the prospect is on the first channel.
    """

    content: bytes = field(repr=False)
    kind: str
    seconds: float
    said: tuple[Said, ...] = ()
    texts: Mapping[str, str] | None = None
    swapped: bool = False

    def marked(self, number: int) -> bytes:
        """Return its bytes as those of a file unlike all others, if it can be read."""
        if self.texts is None:
            return self.content
        return marked_flac(self.content, number) if self.kind == "audio/flac" else marked(self.content, number)


@dataclass(frozen=True, slots=True)
class Style:
    """What recordings are like.

    Args:
        seed: Same seed, same bytes.
        seconds: Length of a conversation; 0 lets each end by itself.
        rate: Samples a second; 0 draws one.
        wav_only: Whether none is FLAC.
        pool: Conversations that differ.
    """

    seed: int = 1
    seconds: float = 8.0
    rate: int = 8000
    wav_only: bool = True
    pool: int = 64


class Recordings:
    """Recordings of one style, each made when it is asked for first, and kept.

    Args:
        style: What they are like.
    """

    def __init__(self, style: Style) -> None:
        self._style = style
        self._made = lru_cache(maxsize=4 * style.pool)(self._make)

    def get(self, kind: str, number: int) -> Recording:
        """Return a recording; numbers beyond the pool give those in it again."""
        return self._made(kind, number % self._style.pool)

    def _make(self, kind: str, number: int) -> Recording:
        chance = random.Random(f"{self._style.seed}:{kind}:{number}")
        broken = _BROKEN.get(kind)
        spoken = self._spoken("talk" if broken or kind == "mono" else kind, chance)
        if kind == "mono":
            return _mono(spoken)
        return broken(wav(spoken)) if broken else self._whole(spoken, chance)

    def _spoken(self, kind: str, chance: random.Random) -> Spoken:
        style = self._style
        rate = style.rate or chance.choice((8000, 16000))
        if kind == "silence":
            return speak((), rate, chance, style.seconds or 5)
        turns = itertools.islice(
            SCRIPTS[kind](Script(chance)), _MOST_TURNS if style.seconds else chance.randrange(4, 13)
        )
        return speak(tuple(turns), rate, chance, style.seconds if kind == "talk" else 0)

    def _whole(self, spoken: Spoken, chance: random.Random) -> Recording:
        as_flac = not self._style.wav_only and chance.random() < 0.3
        swapped = chance.random() < 0.1
        texts: dict[str, str] = {role: spoken.text(role) for role in ROLES}
        shown = Spoken(spoken.samples[:, ::-1], spoken.rate, spoken.said) if swapped else spoken
        content, kind = (flac(shown), "audio/flac") if as_flac else (wav(shown), "audio/wav")
        return Recording(content, kind, spoken.seconds, spoken.said, texts, swapped)


def _mono(spoken: Spoken) -> Recording:
    """Return both parties on one channel: where they speak at once, words are lost."""
    mixed = (spoken.samples.sum(axis=1, dtype=np.int32) // 2).astype(np.int16)
    heard = " ".join(each.word.text for each in listen(mixed, spoken.rate))
    return Recording(
        wav_of(mixed.reshape(-1, 1), spoken.rate), "audio/wav", spoken.seconds, spoken.said, {"both": heard}
    )


def _truncated(whole: bytes) -> Recording:
    """Return a file that ends early: what was said until then can be heard."""
    content = whole[: len(whole) * 3 // 5 // 4 * 4]
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    texts: dict[str, str] = {
        role: " ".join(heard.word.text for heard in listen(samples[:, place], rate)) for place, role in enumerate(ROLES)
    }
    return Recording(content, "audio/wav", 8.0, texts=texts)


def _broken(content: bytes) -> Recording:
    return Recording(content, "audio/wav", 8.0)


_BROKEN: Mapping[str, Callable[[bytes], Recording]] = {
    "truncated": _truncated,
    "bad_header": lambda whole: _broken(whole[:8] + b"WAVX" + whole[12:16] + b"\0" * 28 + whole[44:]),
    "headless": lambda whole: _broken(whole[44:]),
    "no_samples": lambda _whole: _broken(wav_of(np.zeros((0, 2), np.int16), 8000)),
    "not_audio": lambda _whole: _broken(b"<html><body>502 Bad Gateway</body></html>\n" * 20),
    "poison": lambda _whole: Recording(bomb(), "audio/flac", 8.0),
}
