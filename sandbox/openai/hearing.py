"""What a file of audio holds: how long it is, and the words in it.

Belongs here: files by libsndfile, several channels mixed to one as a model hears them, sentences by pauses.
Does not: the sound of words (`sandbox.calls.codec`), formats of replies (`http.audio`).
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from sandbox.calls.codec import Heard, listen

_HEADER = struct.Struct("<4sI8sIHHIIHH4sI")
_Sound = tuple[npt.NDArray[Any], int, float]
"""Samples, frames by channels; their rate; how long they are."""
_PAUSE_SECONDS = 0.35
"""A longer one ends a segment; so does the end of a sentence."""
_FRACTIONS = {"FLOAT", "DOUBLE"}
_FULL = 32768


@dataclass(frozen=True, slots=True)
class Audio:
    """What was heard."""

    seconds: float
    words: Sequence[Heard]

    @property
    def text(self) -> str:
        """All words."""
        return " ".join(heard.word.text for heard in self.words)

    @property
    def languages(self) -> Sequence[str]:
        """The languages, that of most words first."""
        heard = [each.word.language for each in self.words]
        return sorted(set(heard), key=lambda language: (-heard.count(language), language))

    def segments(self, *, by_voice: bool) -> list[Sequence[Heard]]:
        """Return the words in sentences; with `by_voice`, those of each speaker apart."""
        found: list[list[Heard]] = []
        for word in self.words:
            if not found or _parted(found[-1][-1], word, by_voice=by_voice):
                found.append([])
            found[-1].append(word)
        return [tuple(segment) for segment in found]


class Unreadable(Exception):
    """The file is no audio that can be read."""


def hear(content: bytes, longest: float) -> Audio:
    """Return what a file holds; one that lasts more than `longest` seconds is not listened to.

    Raises:
        Unreadable: It is broken, or something else.
    """
    samples, rate, seconds = _plain(content) or _read(content, longest)
    if rate < 4000:  # Less than telephony; a broken header says such things.
        raise Unreadable
    return Audio(seconds, listen(_mixed(samples), rate) if seconds <= longest else ())


def _plain(content: bytes) -> _Sound | None:
    """Return what a WAV file of 16 bits holds that has nothing but samples: libsndfile takes 0.1 ms longer."""
    if len(content) < _HEADER.size:
        return None
    riff, _, wave, size, kind, channels, rate, _, frame, bits, data, length = _HEADER.unpack_from(content)
    usual = (riff, wave, size, kind, bits, data) == (b"RIFF", b"WAVEfmt ", 16, 1, 16, b"data")
    if not usual or not channels or frame != 2 * channels or length != len(content) - _HEADER.size or length % frame:
        return None
    samples = np.frombuffer(content, "<i2", offset=_HEADER.size).reshape(-1, channels)
    return samples, rate, len(samples) / max(1, rate)


def _read(content: bytes, longest: float) -> _Sound:
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate, seconds = file.samplerate, file.frames / file.samplerate
            # A few bytes of FLAC may be days of silence, and gigabytes in memory.
            samples = _samples(file, -1 if seconds <= longest else 0)
    except (soundfile.SoundFileError, ValueError, TypeError) as error:
        raise Unreadable from error
    return samples, rate, len(samples) / rate if seconds <= longest else seconds


def _samples(file: soundfile.SoundFile, frames: int) -> npt.NDArray[Any]:
    """Return samples of 16 bits; those of a file with fractions have to be scaled: libsndfile cuts them down to 0."""
    if file.subtype not in _FRACTIONS:
        whole: npt.NDArray[Any] = file.read(frames, dtype="int16", always_2d=True)
        return whole
    fractions = np.nan_to_num(file.read(frames, dtype="float64", always_2d=True), posinf=1, neginf=-1)
    scaled: npt.NDArray[Any] = np.clip(np.round(fractions * _FULL), -_FULL, _FULL - 1).astype(np.int16)
    return scaled


def _mixed(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    channels: int = samples.shape[1]
    mixed: npt.NDArray[Any] = samples[:, 0] if channels == 1 else samples.sum(axis=1, dtype=np.int32) // channels
    return mixed


def _parted(before: Heard, after: Heard, *, by_voice: bool) -> bool:
    pause = after.start - before.end > _PAUSE_SECONDS
    other = before.word.voice != after.word.voice if by_voice else before.word.text[-1] in ".?!"
    return pause or other
