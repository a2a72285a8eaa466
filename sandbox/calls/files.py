"""Sound as files, whole ones and broken ones.

Belongs here: WAV and FLAC, marks that make a file unlike all others, ways in which files are broken.
Does not: what is said in them (`speaking`).
"""

import io
import struct

import numpy as np
import numpy.typing as npt
import soundfile

from sandbox.calls.speaking import Spoken

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_CHANNELS_AT = 22
_MARK_FRAMES = 8
_STREAM_INFO = 42
"""Bytes of a FLAC file up to its second block."""


def wav(spoken: Spoken) -> bytes:
    """Return a WAV file of 16 bits."""
    return wav_of(spoken.samples, spoken.rate)


def wav_of(samples: npt.NDArray[np.int16], rate: int) -> bytes:
    """Return samples, frames by channels, as a WAV file."""
    channels, size = samples.shape[1], samples.nbytes
    kind = (b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return _HEADER.pack(b"RIFF", 36 + size, b"WAVE", *kind, b"data", size) + samples.astype("<i2").tobytes()


def flac(spoken: Spoken) -> bytes:
    """Return a FLAC file."""
    target = io.BytesIO()
    soundfile.write(target, spoken.samples, spoken.rate, format="FLAC", subtype="PCM_16")
    return target.getvalue()


def marked(recording: bytes, number: int) -> bytes:
    """Return a WAV file that sounds the same and is unlike those with other numbers, on each channel.

    Its first frames, which are silent, hold the number, four bits in each, as faint as the noise of the line.
    """
    digits = np.array([number >> 4 * place & 15 for place in range(_MARK_FRAMES)], "<i2") - _MARK_FRAMES
    mark = np.repeat(digits, recording[_CHANNELS_AT]).tobytes()
    return recording[: _HEADER.size] + mark + recording[_HEADER.size + len(mark) :]


def marked_flac(recording: bytes, number: int) -> bytes:
    """Return a FLAC file with the same samples that is unlike those with other numbers."""
    block = b"nook" + number.to_bytes(4, "big")
    return recording[:_STREAM_INFO] + b"\x02" + len(block).to_bytes(3, "big") + block + recording[_STREAM_INFO:]
