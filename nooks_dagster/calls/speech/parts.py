"""Parts: whose voice each channel is, and the pieces of it that are to be heard.

Belongs here: channels, voice and pieces of one recording. Does not: hearing (`calls.speech.openai_transcriber`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from nooks_dagster.calls.audio.pieces import Piece, longest_ms, pieces
from nooks_dagster.calls.audio.reading import Audio, Samples, Unreadable
from nooks_dagster.calls.audio.voice import Span, loudness, spans
from nooks_dagster.calls.submission import Recording, Role


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of one channel, to be heard at once; `voice` is all of the channel's."""

    channel: int
    speaker: Role | None
    piece: Piece
    voice: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be heard of a recording, channel by channel, and how long it is."""

    parts: Sequence[Part]
    ms: int


def plan(audio: Audio, recording: Recording | None, tick: Callable[[], None]) -> Plan:
    """Listen to a recording for voice; a channel without any is not heard.

    Args:
        audio: The recording.
        recording: What its dialer says of it.
        tick: Called with each block: a recording of many channels takes minutes.

    Raises:
        Unreadable: It holds no samples, or not the channels that it should.
    """
    heard = loudness(_ticking(audio.blocks(), tick), audio.rate)
    longest = longest_ms(audio.rate, audio.width)
    parts: list[Part] = []
    for channel, speaker in _speakers(audio.channels, recording, one_voice=heard.one_voice):
        levels = heard.levels[channel]
        voice = spans(levels, heard.ms)
        parts += [Part(channel, speaker, piece, voice) for piece in pieces(voice, levels, heard.ms, longest)]
    return Plan(parts, heard.ms)


def _speakers(channels: int, recording: Recording | None, *, one_voice: bool) -> Sequence[tuple[int, Role | None]]:
    """Return the channels to be heard, and who speaks on each; None where both parties may."""
    if channels == 1 or one_voice:
        return [(0, None)]
    named = dict(recording.channels) if recording and recording.channels else {}
    if not named and channels == 2:
        named = {Role.REP: 0, Role.PROSPECT: 1}
    if missing := [channel for channel in named.values() if channel >= channels]:
        raise Unreadable(f"The recording has {channels} channels, and not one of number {missing[0]}.")
    told: dict[int, Role | None] = {channel: role for role, channel in named.items()}
    if len(told) < len(named):
        return [(channel, None) for channel in sorted(told)]
    if len(named) < len(Role):  # the words of a party that was not named are not lost
        other = next(role for role in Role if role not in named) if channels == 2 else None
        told = {channel: told.get(channel, other) for channel in range(channels)}
    return sorted(told.items())


def _ticking(blocks: Iterable[Samples], tick: Callable[[], None]) -> Iterator[Samples]:
    for block in blocks:
        tick()
        yield block
