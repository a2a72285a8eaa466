"""Words as sound, and sound as words: the speech of the sandbox, which can be heard without a model.

A word is a burst of cycles, one for each bit, upright for 1 and upside down for 0; silence parts it from the next. It
holds a byte that tells voice and language, the text in UTF-8, and three bytes of CRC-32. With 3 ms a bit a word of five
letters lasts 0.22 s, as in speech. A word that is cut, covered by another voice or played at another rate does not fit
its check and is not heard; noise, loudness and lossless formats change nothing.

Belongs here: single words. Does not: sentences and pauses (`speaking`), files (`files`).
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

LANGUAGES = ("en", "es", "de", "fr")
"""Those that can be told; their places are part of the sound."""
VOICES = 16
_BITS_PER_SECOND = 1000 / 3
_CHECK = 3
_LOUD = 500
"""Above the noise of a line, below the softest voice; on this side of it a sample is silent."""
_GAP_SECONDS = 0.012
"""Of silence between two words at least; a cycle is silent for less."""
_MOST_BYTES = 120


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is spoken."""

    text: str
    language: str = "en"
    voice: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A word where it was heard, in seconds from the start."""

    word: Word
    start: float
    end: float


def bit_samples(rate: int) -> int:
    """Return how many samples a bit lasts."""
    return round(rate / _BITS_PER_SECOND)


def sound(word: Word, rate: int, loudness: int = 6000) -> Samples:
    """Return a word's burst.

    Raises:
        ValueError: It has no bytes, or too many.
    """
    data = _packed(word)
    signs = np.unpackbits(np.frombuffer(data, np.uint8)).astype(np.int16) * 2 - 1
    cycles: Samples = np.outer(signs, _cycle(rate, loudness))
    return cycles.ravel()


def listen(samples: npt.NDArray[Any], rate: int) -> list[Heard]:
    """Return the words that one channel holds, in their order."""
    starts, ends = _bursts(np.abs(samples) > _LOUD, int(rate * _GAP_SECONDS))
    size = bit_samples(rate)
    counts = (ends - starts + size // 2) // size // 8 * 8
    fits = counts >= 8 * (_CHECK + 2)
    starts, ends, counts = starts[fits], ends[fits], counts[fits]
    if not len(starts):
        return []
    data = _bytes_at(samples, starts, counts, size)
    return list(_words(data, (counts // 8).tolist(), (starts / rate).tolist(), (ends / rate).tolist()))


def _packed(word: Word) -> bytes:
    text = word.text.encode()
    if not 0 < len(text) <= _MOST_BYTES:
        raise ValueError(f"a word has 1 to {_MOST_BYTES} bytes, not {len(text)}")
    data = bytes([word.voice % VOICES << 4 | LANGUAGES.index(word.language)]) + text
    return data + _check(data)


def _check(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")[-_CHECK:]


@lru_cache(maxsize=16)
def _cycle(rate: int, loudness: int) -> Samples:
    size = bit_samples(rate)
    cycle: Samples = np.rint(loudness * np.sin(2 * np.pi * (np.arange(size) + 0.5) / size)).astype(np.int16)
    return cycle


def _bursts(loud: npt.NDArray[np.bool_], gap: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where each stretch of sound begins and ends that is set off by a gap of silence."""
    at = np.flatnonzero(loud)
    if not len(at):
        return at, at
    breaks = np.flatnonzero(np.diff(at) > gap)
    return at[np.concatenate(([0], breaks + 1))], at[np.concatenate((breaks, [len(at) - 1]))] + 1


def _bytes_at(
    samples: npt.NDArray[Any], starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], size: int
) -> bytes:
    """Return the bits of all bursts as bytes: of each cycle its first half against its second."""
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(starts, counts) + within * size
    edges = np.stack((at, at + size // 2, at + size), axis=1).ravel()
    padded = np.concatenate((samples, np.zeros(size, samples.dtype)))  # An edge may lie right behind the end.
    sums = np.add.reduceat(padded, edges, dtype=np.int32).reshape(-1, 3)
    return np.packbits(sums[:, 0] > sums[:, 1]).tobytes()


def _words(data: bytes, sizes: Sequence[int], starts: Sequence[float], ends: Sequence[float]) -> Iterator[Heard]:
    offset = 0
    for size, start, end in zip(sizes, starts, ends, strict=True):
        word = _unpacked(data[offset : offset + size])
        offset += size
        if word is not None:
            yield Heard(word, start, end)


def _unpacked(data: bytes) -> Word | None:
    head, check = data[:-_CHECK], data[-_CHECK:]
    if _check(head) != check or head[0] % 16 >= len(LANGUAGES):
        return None
    try:
        text = head[1:].decode()
    except ValueError:
        return None
    return Word(text, LANGUAGES[head[0] % 16], head[0] >> 4)
