"""Recordings made of noise: bursts that stand for words, and the silence between them."""

import io
import wave
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import soundfile

RATE = 8000
Channel = npt.NDArray[np.int16]


def channel(seconds: float, *voices: tuple[float, float], rate: int = RATE, seed: int = 1, hiss: int = 3) -> Channel:
    """A channel with bursts of voice between the given seconds, and a line's soft hiss elsewhere."""
    random = np.random.default_rng(seed)
    samples = random.normal(0, hiss, int(seconds * rate))
    for start, end in voices:
        first, last = int(start * rate), int(end * rate)
        samples[first:last] = random.normal(0, 3000, last - first)
    samples = np.convolve(samples, np.full(8, 0.25), "same")  # as deep as a voice
    return np.asarray(samples.clip(-32768, 32767), np.int16)


def recording(*channels: Channel, rate: int = RATE, form: str = "WAV", subtype: str | None = None) -> bytes:
    """A file of some channels."""
    out = io.BytesIO()
    samples = np.stack(channels, axis=1)
    if form == "MP3":  # libsndfile's writer of it mistakes whole numbers
        samples = samples / 32768
    soundfile.write(out, samples, rate, format=form, subtype=subtype)
    return out.getvalue()


def read_back(data: bytes) -> tuple[Sequence[int], int]:
    """Samples and rate of one channel, by the standard library."""
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").tolist(), file.getframerate()
