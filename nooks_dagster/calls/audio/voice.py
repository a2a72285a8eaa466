"""Where somebody speaks: by how loud each fiftieth of a second is.

Belongs here: loudness and the spans above it. Does not: cutting (`calls.audio.pieces`).

A span too many costs a cent of transcription, one too few loses words: so every threshold errs towards voice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nooks_dagster.calls.audio.reading import Samples

FRAME_MS = 20
SILENT = -55.0  # dB below full scale; the noise of a telephone line is at -65, a soft voice at -40
ABOVE_NOISE = (4.0, 9.0)  # dB: at least, since noise itself is uneven, and where the line is clear
BELOW_VOICE = 25.0  # dB between the loudest and the softest syllable of a voice
APART = 12.0  # dB; where the loudest and the softest are nearer, nobody can tell voice from noise
STEADY_MS = 10_000
"""A channel as long whose frames are hardly apart (the first of `ABOVE_NOISE`) is a tone or noise: nobody speaks so."""
LOUDEST = 10
"""Frames: what is as loud for a fifth of a second is no click."""
BREATH_MS = 300
"""Pauses up to this do not end a span."""
CLICK_MS = 60
"""A span up to this is no voice: the shortest yes takes 150 ms."""
_FLOOR = 1e-10  # of power: -100 dB

Levels = npt.NDArray[np.float32]
"""Of one channel: dB below full scale, one for each frame of 20 ms."""


@dataclass(frozen=True, slots=True)
class Span:
    """Between two moments, in milliseconds from the start of the recording."""

    start: int
    end: int

    @property
    def ms(self) -> int:
        """Return how long it lasts."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Loudness:
    """What was heard of a whole recording.

    Attributes:
        levels: Of each channel.
        ms: How long the recording is indeed.
        one_voice: Whether all channels are the same, but for what is no voice: one that was recorded twice.
    """

    levels: Sequence[Levels]
    ms: int
    one_voice: bool


def loudness(blocks: Iterable[Samples], rate: int) -> Loudness:
    """Listen to all of a recording, in constant memory but for a number for each frame.

    Args:
        blocks: Of whole seconds, but for the last.
        rate: Samples a second.
    """
    found: list[Sequence[npt.NDArray[np.float32]]] = []
    samples, same = 0, True
    for block in blocks:
        starts = np.arange(-(-len(block) * 1000 // (rate * FRAME_MS))) * rate * FRAME_MS // 1000
        found.append([_power(block[:, channel], starts) for channel in range(block.shape[1])])
        samples += len(block)
        same = same and block.shape[1] > 1 and _alike(block, found[-1][0], starts)
    levels = [_decibels(np.concatenate(parts)) for parts in zip(*found, strict=True)]
    return Loudness(levels, samples * 1000 // rate, same)


def threshold(levels: Levels) -> float:
    """Return the level above which a channel is voice: above its noise, but not far above its softest syllables."""
    noise, voice = _extremes(levels)
    if voice - noise < APART:
        return SILENT
    least, usual = ABOVE_NOISE
    return max(SILENT, noise + least, min(noise + usual, voice - BELOW_VOICE))


def spans(levels: Levels, ms: int) -> Sequence[Span]:
    """Return where a channel has voice, in order; nothing if it is silent.

    Args:
        levels: Of the channel.
        ms: How long the recording is.
    """
    if not len(levels) or _is_steady(levels):
        return ()
    loud = np.flatnonzero(levels > threshold(levels))
    if not len(loud):
        return ()
    ends = np.flatnonzero(np.diff(loud) > BREATH_MS // FRAME_MS)
    starts = loud[np.concatenate(([0], ends + 1))]
    stops = loud[np.concatenate((ends, [len(loud) - 1]))] + 1
    found = (
        Span(int(start) * FRAME_MS, min(int(stop) * FRAME_MS, ms)) for start, stop in zip(starts, stops, strict=True)
    )
    return [span for span in found if span.ms > CLICK_MS]


def _extremes(levels: Levels) -> tuple[float, float]:
    """Return how loud the noise of a channel is, and its loudest syllable."""
    count = len(levels)
    softest, loudest = count // 10, max(0, count - LOUDEST)
    ranked = np.partition(levels, (softest, loudest))
    return float(ranked[softest]), float(ranked[loudest])


def _is_steady(levels: Levels) -> bool:
    noise, voice = _extremes(levels)
    return len(levels) * FRAME_MS >= STEADY_MS and voice - noise < ABOVE_NOISE[0]


def _alike(block: Samples, first: npt.NDArray[np.float32], starts: npt.NDArray[np.int64]) -> bool:
    """Say whether what other channels hold beside the first is nowhere loud enough for a voice."""
    if (block[:, 1:] == block[:, :1]).all():
        return True
    heard = np.maximum(first * np.float32(10 ** (-BELOW_VOICE / 10)), np.float32(10 ** (SILENT / 10)))
    whole = block.astype(np.float32) / _scale(block)
    others = (whole[:, channel] - whole[:, 0] for channel in range(1, block.shape[1]))
    return all(bool((_power(other, starts) <= heard).all()) for other in others)


def _power(samples: Samples, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return the power of each frame; what a faulty line adds to all samples alike is no sound."""
    values = samples.astype(np.float32)
    values -= values.mean()
    sums: npt.NDArray[np.float32] = np.add.reduceat(values * values, starts)
    scale = _scale(samples)
    return (sums / (np.diff(starts, append=len(samples)) * scale * scale)).astype(np.float32)


def _scale(samples: Samples) -> float:
    return 1.0 if samples.dtype.kind == "f" else float(np.iinfo(samples.dtype).max)


def _decibels(power: npt.NDArray[np.float32]) -> Levels:
    return (10 * np.log10(np.maximum(power, np.float32(_FLOOR)))).astype(np.float32)
