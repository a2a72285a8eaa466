"""Reading a recording block by block: WAV, FLAC, OGG or MP3, of any number of channels.

Belongs here: samples as they are. Does not: changing them; nothing is resampled or mixed, here or elsewhere.

A call's recording is often cut off: its writer died, or wrote its header last. What can be read is what there is.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import soundfile

from nooks_dagster.calls.audio.ends import mp3_goes_on, ogg_goes_on
from nooks_dagster.calls.audio.headers import ENDLESS, counted, mended
from nooks_dagster.failures import Permanent

Samples = npt.NDArray[Any]
"""A row for each moment, a column for each channel."""
BLOCK_SECONDS = 10  # 1.9 MB of 16-bit stereo at 48 kHz: two hours take no more memory than that
MOST_CHANNELS = 8
RATES = range(4_000, 192_001)
"""Samples a second that a recorder makes; a header that says otherwise would make blocks and pieces of any size."""
STEPS = 50
"""Parts of a second in which a file is read that does not tell its length: the last one is lost with its end."""
MOST_SAMPLES = 2 * 3_600 * 48_000 * MOST_CHANNELS
"""Of all channels: two minutes of CPU to listen to. 128 MB of FLAC hold fifty times as many, if they are silence."""
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
        self._bytes = self._raw.seek(0, io.SEEK_END)
        self._raw.seek(0)
        if ogg_goes_on(self._raw):
            self._raw.close()
            raise Unreadable("The recording is several OGG streams in one file; one of all of them can be read.")
        try:
            self._file = soundfile.SoundFile(mended(self._raw))
            if self._file.frames == ENDLESS:
                self._file = soundfile.SoundFile(counted(self._raw, self._frames()))
        except (soundfile.LibsndfileError, RuntimeError) as error:
            self._raw.close()
            raise Unreadable("The recording is no audio that can be read.") from error
        if not 0 < self._file.frames < ENDLESS or not 1 <= self._file.channels <= MOST_CHANNELS:
            self.close()
            raise Unreadable(f"The recording holds no audio, no end, or more than {MOST_CHANNELS} channels.")
        if self.rate not in RATES:
            self.close()
            raise Unreadable(f"The recording claims to have {self._file.samplerate} samples a second.")
        if self._file.frames * self.channels > MOST_SAMPLES:
            self.close()
            raise Unreadable("The recording holds more samples than two hours of eight channels at 48 kHz.")

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

    @cached_property
    def seconds(self) -> float:
        """Return how long it claims to be; an MP3 file guesses by its first frames, so those of it are counted.

        Raises:
            Unreadable: See `blocks`.
        """
        if self._file.format == "MP3":
            return sum(len(block) for block in self.blocks()) / self.rate
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
            Unreadable: Not one sample can be read, or those behind a wrong end can't.
        """
        self._go(0)
        found, whole = False, BLOCK_SECONDS * self.rate
        while len(block := self._read(whole)):
            found = True
            yield block
            if len(block) < whole:  # to ask once more would break some decoders for good
                break
        if not found:
            raise Unreadable("Not one sample of the recording can be read.")
        if self._file.format == "MP3" and mp3_goes_on(self._raw, self._bytes):
            raise Unreadable("The recording is an MP3 that goes on behind the end that it tells, or tells none.")

    def cut(self, channel: int, start_ms: int, end_ms: int) -> Samples:
        """Return one channel's samples between two moments."""
        first = start_ms * self.rate // 1000
        self._go(first)
        wanted = end_ms * self.rate // 1000 - first
        parts = []
        while wanted > 0 and len(block := self._read(min(wanted, BLOCK_SECONDS * self.rate))):
            parts.append(block[:, channel].copy())
            wanted -= BLOCK_SECONDS * self.rate
        return np.concatenate(parts) if parts else np.zeros(0, self._dtype)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._raw.close()

    @property
    def _dtype(self) -> Dtype:
        return _WIDE.get(self._file.subtype, _NARROW)[0]

    def _go(self, frame: int) -> None:
        """Go to a sample: where an encoding can't (GSM, G.721), by reading from the start."""
        with suppress(soundfile.LibsndfileError, RuntimeError):
            self._file.seek(min(frame, self._file.frames))
            return
        self._raw.seek(0)
        self._file = soundfile.SoundFile(mended(self._raw))
        while frame > 0 and (skipped := len(self._read(min(frame, BLOCK_SECONDS * self.rate)))):
            frame -= skipped

    def _read(self, frames: int) -> Samples:
        """Return so many frames, or those before the place where the file is broken."""
        seekable = self._file.seekable()
        start = self._file.tell() if seekable else 0
        samples = np.zeros((max(0, min(frames, self._file.frames - start)), self.channels), self._dtype)
        try:
            read = np.asarray(self._file.read(dtype=self._dtype, always_2d=True, out=samples))
        except (soundfile.LibsndfileError, RuntimeError):
            read = samples[: max(0, self._file.tell() - start) if seekable else 0]
        if read.dtype.kind == "f":  # a broken mixer writes NaN, and one makes silence of all around it
            np.nan_to_num(read, copy=False, posinf=1.0, neginf=-1.0)
        return read

    def _frames(self) -> int:
        """Count the frames of a file that does not tell, up to those that are too many."""
        frames = 0
        while frames * self.channels <= MOST_SAMPLES and (read := len(self._read(self.rate // STEPS))):
            frames += read
        return frames
