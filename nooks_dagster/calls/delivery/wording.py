"""What an activity says of a call, in words: never more of what was said than its redacted text, and that cut short.

Belongs here: the sentences and their bounds. Does not: where the facts come from (`calls.delivery.contents`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

MOST_CHARACTERS = 4_000
"""Of what was said: a rep reads the beginning, and 200 such tasks are 1 MB of the 6 that a request may have."""

_RESULTS: Mapping[str, str] = {
    "connected": "connected",
    "live_message": "left a message with somebody",
    "voicemail": "left a voicemail",
    "no_answer": "no answer",
    "busy": "busy",
    "wrong_number": "wrong number",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a call."""

    inbound: bool
    result: str
    lasted: timedelta
    title: str = field(default="", repr=False)
    language: str = ""
    talk_ms_rep: int | None = None
    talk_ms_prospect: int | None = None
    questions: int | None = None
    text: str = field(default="", repr=False)
    link: str = ""


def subject(facts: Facts) -> str:
    """Return the line that a list of activities shows."""
    return facts.title or f"{_direction(facts)} call: {_RESULTS[facts.result]}"


def body(facts: Facts) -> str:
    """Return what stands in the activity."""
    return "\n".join(_lines(facts))


def _lines(facts: Facts) -> Iterator[str]:
    yield f"{_direction(facts)} call of {_length(facts.lasted)}: {_RESULTS[facts.result]}."
    if talked := (facts.talk_ms_rep or 0) + (facts.talk_ms_prospect or 0):
        share = round(100 * (facts.talk_ms_rep or 0) / talked)
        asked = f"; {facts.questions} questions" if facts.questions else ""
        yield f"The rep spoke {share} % of the time{asked}."
    if facts.language and facts.language != "und":
        yield f"Language: {facts.language}."
    if facts.link:
        yield facts.link
    if facts.text:
        yield ""
        yield shortened(facts.text, MOST_CHARACTERS)


def shortened(text: str, most: int) -> str:
    """Return a text, cut if it is longer than so many characters: after a line near the end, or else after a word."""
    if len(text) <= most:
        return text
    cut = text[: most - 2]
    near = len(cut) * 3 // 4  # a line may be a monologue of minutes
    end = max(cut.rfind("\n", near), 0) or max(cut.rfind(" ", near), 0) or len(cut)
    return f"{cut[:end]}\n…"


def _direction(facts: Facts) -> str:
    return "Inbound" if facts.inbound else "Outbound"


def _length(lasted: timedelta) -> str:
    minutes, seconds = divmod(round(lasted.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
