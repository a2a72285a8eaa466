"""Reading a recording block by block: WAV, FLAC, OGG or MP3, of any number of channels.

Belongs here: samples as they are. Does not: changing them; nothing is resampled or mixed, here or elsewhere.

A call's recording is often cut off: its writer died, or wrote its header last. What can be read is what there is.
"""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import soundfile

from nooks_dagster.calls.audio.headers import mended
from nooks_dagster.failures import Permanent

Samples = npt.NDArray[Any]
"""A row for each moment, a column for each channel."""
BLOCK_SECONDS = 10  # 1.9 MB of 16-bit stereo at 48 kHz: two hours take no more memory than that
MOST_CHANNELS = 8
RATES = range(4_000, 192_001)
"""Samples a second that a recorder makes; a header that says otherwise would make blocks and pieces of any size."""
Dtype = Literal["int16", "int32", "float32"]
_NARROW: tuple[Dtype, int] = ("int16", 2)
_WIDE: Mapping[str, tuple[Dtype, int]] = {
    "PCM_24": ("int32", 3),
    "PCM_32": ("int32", 4),
    "FLOAT": ("float32", 4),
    "DOUBLE": ("float32", 4),
}


class Unreadable(Permanent):
    """A recording that nobody can read, now or later."""

    def __init__(self, what: str) -> None:
        super().__init__(what, next_step="Look at what the dialer recorded; the call stays without a transcript.")


class Audio:
    """A recording that is open. Used by one thread.

    Args:
        source: Its bytes, or a file of them.

    Raises:
        Unreadable: It is no audio, or holds none.
    """

    def __init__(self, source: bytes | Path) -> None:
        self._raw = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
        try:
            self._file = soundfile.SoundFile(mended(self._raw))
        except (soundfile.LibsndfileError, RuntimeError) as error:
            self._raw.close()
            raise Unreadable("The recording is no audio that can be read.") from error
        if not self._file.frames or not 1 <= self._file.channels <= MOST_CHANNELS:
            self.close()
            raise Unreadable(f"The recording holds no audio, or more than {MOST_CHANNELS} channels.")
        if self.rate not in RATES:
            self.close()
            raise Unreadable(f"The recording claims to have {self._file.samplerate} samples a second.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def rate(self) -> int:
        """Return how many samples a channel has in a second."""
        return int(self._file.samplerate)

    @property
    def channels(self) -> int:
        """Return how many channels it has."""
        return int(self._file.channels)

    @property
    def seconds(self) -> float:
        """Return how long it claims to be."""
        return float(self._file.frames / self.rate)

    @property
    def width(self) -> int:
        """Return how many bytes a sample of one channel takes, as it is sent away."""
        return _WIDE.get(self._file.subtype, _NARROW)[1]

    @property
    def subtype(self) -> str:
        """Return the encoding of samples that holds all of their values, by libsndfile's name."""
        return {2: "PCM_16", 3: "PCM_24"}.get(self.width, "FLOAT" if self._dtype == "float32" else "PCM_32")

    def blocks(self) -> Iterator[Samples]:
        """Yield all samples from the start; what was cut off ends it, and is no error.

        Raises:
            Unreadable: Not one sample can be read.
        """
        self._file.seek(0)
        found = False
        while len(block := self._read(BLOCK_SECONDS * self.rate)):
            found = True
            yield block
        if not found:
            raise Unreadable("Not one sample of the recording can be read.")

    def cut(self, channel: int, start_ms: int, end_ms: int) -> Samples:
        """Return one channel's samples between two moments."""
        first = start_ms * self.rate // 1000
        self._file.seek(min(first, self._file.frames))
        wanted = end_ms * self.rate // 1000 - first
        parts = []
        while wanted > 0 and len(block := self._read(min(wanted, BLOCK_SECONDS * self.rate))):
            parts.append(block[:, channel].copy())
            wanted -= len(block)
        return np.concatenate(parts) if parts else np.zeros(0, self._dtype)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._raw.close()

    @property
    def _dtype(self) -> Dtype:
        return _WIDE.get(self._file.subtype, _NARROW)[0]

    def _read(self, frames: int) -> Samples:
        try:
            return np.asarray(self._file.read(frames, dtype=self._dtype, always_2d=True))
        except (soundfile.LibsndfileError, RuntimeError):
            return np.zeros((0, self.channels), self._dtype)
