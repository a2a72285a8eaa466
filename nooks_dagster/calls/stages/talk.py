"""Talk: what a transcript tells about a call without telling what was said.

Belongs here: who spoke how long, silence, interruptions, questions, words, languages. Does not: keeping them
(`calls.stages.record`). Times are milliseconds.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from nooks_dagster.calls.submission import Role
from nooks_dagster.calls.transcript import Transcript, Utterance

PAUSE = 3_000
"""A speaker who stops for longer has ended."""
BACKCHANNEL = 1_000
"""What the other says in less time ("I see") takes the floor from nobody."""
OVERLAP = 300
"""Shorter overlaps are how people take turns."""
# A full-width and an Arabic one beside ours.
_QUESTION = re.compile(r"[?\uff1f\u061f]+")
# Chinese and Japanese write no spaces: each of their characters counts as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+(?:['\u2019-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Talk:
    """Numbers of a call; those of roles are None where the recording does not tell who spoke."""

    rep_ms: int | None
    prospect_ms: int | None
    silence_ms: int
    longest_monologue_ms: int | None
    interruptions: int | None
    questions: int
    words: int
    languages: dict[str, float]


def talk_of(transcript: Transcript) -> Talk:
    """Return the numbers of a transcript: of the original, for a translation has other words."""
    said = sorted(transcript.utterances, key=lambda u: (u.start_ms, u.end_ms))
    known = bool(said) and all(u.speaker for u in said)
    return Talk(
        rep_ms=_spoken(u for u in said if u.speaker is Role.REP) if known else None,
        prospect_ms=_spoken(u for u in said if u.speaker is Role.PROSPECT) if known else None,
        silence_ms=max(0, transcript.duration_ms - _spoken(said)),
        longest_monologue_ms=_longest_monologue(said) if known else None,
        interruptions=_interruptions(said) if known else None,
        questions=sum(len(_QUESTION.findall(u.text)) for u in said),
        words=sum(len(_WORD.findall(u.text)) for u in said),
        languages=_languages(said),
    )


def _spoken(utterances: Iterable[Utterance]) -> int:
    """Return for how long anybody spoke; utterances come by their start, and may overlap."""
    total = until = 0
    for utterance in utterances:
        total += max(0, utterance.end_ms - max(until, utterance.start_ms))
        until = max(until, utterance.end_ms)
    return total


def _longest_monologue(said: Sequence[Utterance]) -> int:
    longest = start = end = 0
    speaker = None
    for who, following in groupby(said, key=lambda u: u.speaker):
        turn = list(following)
        if who is not speaker and _spoken(turn) < BACKCHANNEL and speaker:
            continue
        for utterance in turn:
            if who is not speaker or utterance.start_ms - end > PAUSE:
                speaker, start, end = who, utterance.start_ms, utterance.end_ms
            end = max(end, utterance.end_ms)
            longest = max(longest, end - start)
    return longest


def _interruptions(said: Sequence[Utterance]) -> int:
    """Count where somebody began while the other spoke, and spoke on when the other had stopped."""
    count, ends = 0, {Role.REP: 0, Role.PROSPECT: 0}
    for utterance in said:
        if utterance.speaker is None:
            continue
        others = ends[Role.PROSPECT if utterance.speaker is Role.REP else Role.REP]
        brief = utterance.end_ms - utterance.start_ms < BACKCHANNEL
        count += not brief and utterance.start_ms + OVERLAP <= others < utterance.end_ms
        ends[utterance.speaker] = max(ends[utterance.speaker], utterance.end_ms)
    return count


def _languages(said: Sequence[Utterance]) -> dict[str, float]:
    """Return the share of each language in what was spoken, by time; the first is that of most."""
    times: dict[str, int] = {}
    for utterance in said:
        times[utterance.language] = times.get(utterance.language, 0) + max(1, utterance.end_ms - utterance.start_ms)
    total = sum(times.values())
    return {language: round(ms / total, 3) for language, ms in sorted(times.items(), key=lambda told: -told[1])}
