"""Wording: from the words of each piece to the utterances of a call.

Belongs here: joining, times, languages and order. Does not: hearing (`calls.speech.openai_transcriber`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from nooks_dagster.calls.audio.voice import Span
from nooks_dagster.calls.speech.joining import join
from nooks_dagster.calls.speech.languages import languages_of
from nooks_dagster.calls.speech.parts import Part
from nooks_dagster.calls.speech.sentences import sentences
from nooks_dagster.calls.speech.timing import lay
from nooks_dagster.calls.transcript import Utterance
from nooks_dagster.llm.hearing import Words


@dataclass(frozen=True, slots=True)
class _Said:
    part: Part
    span: Span
    text: str
    language: str
    timing: Literal["told", "estimated"]


def utterances(heard: Sequence[tuple[Part, Words]], usual: str) -> Sequence[Utterance]:
    """Return what was said in the order in which it was begun.

    Args:
        heard: The words of each part, the parts of each channel in order.
        usual: The language of what does not tell its own.
    """
    said: list[_Said] = []
    for _, channel in groupby(heard, key=lambda one: one[0].channel):
        for part, words in _joined(list(channel)):
            said += _said(part, words, usual)
    said.sort(key=lambda one: (one.span.start, one.part.channel))
    return [
        Utterance(
            seq=seq,
            speaker=one.part.speaker,
            start_ms=one.span.start,
            end_ms=one.span.end,
            text=one.text,
            language=one.language,
            timing=one.timing,
        )
        for seq, one in enumerate(said)
    ]


def _joined(channel: Sequence[tuple[Part, Words]]) -> Sequence[tuple[Part, Words]]:
    """Return the parts of a channel; two that share some seconds are one."""
    joined: list[tuple[Part, Words]] = []
    for part, words in channel:
        joined.append(_one(*joined.pop(), part, words) if part.piece.shared else (part, words))
    return joined


def _one(before: Part, earlier: Words, part: Part, words: Words) -> tuple[Part, Words]:
    text = join(earlier.text, words.text, part.piece.shared / 1000)
    later = (part.piece.start - before.piece.start) / 1000
    middle = later + part.piece.shared / 2000
    moved = [one.model_copy(update={"start": one.start + later, "end": one.end + later}) for one in words.segments]
    first = [one for one in earlier.segments if one.start + one.end < 2 * middle]
    second = [one for one in moved if one.start + one.end >= 2 * middle]
    languages = tuple(dict.fromkeys([*earlier.languages, *words.languages]))
    told = all(one.segments or not one.text.strip() for one in (earlier, words))
    whole = Words(text=text, languages=languages, segments=[*first, *second] if told else ())
    return replace(before, piece=replace(before.piece, end=part.piece.end)), whole


def _said(part: Part, words: Words, usual: str) -> Sequence[_Said]:
    start, end = part.piece.start, part.piece.end
    timing: Literal["told", "estimated"] = "told" if words.segments else "estimated"
    if words.segments:
        texts = [one.text.strip() for one in words.segments]
        spans = [Span(start + round(1000 * one.start), start + round(1000 * one.end)) for one in words.segments]
    else:
        texts = list(sentences(words.text))
        spans = list(lay(texts, part.voice, start, end))
    languages = languages_of(texts, words.languages, usual)
    said = (_Said(part, *one, timing) for one in zip(spans, texts, languages, strict=True))
    return [
        replace(one, span=Span(min(one.span.start, end), min(one.span.end, end))) for one in said if _is_said(one.text)
    ]


def _is_said(text: str) -> bool:
    return any(letter.isalnum() for letter in text)
