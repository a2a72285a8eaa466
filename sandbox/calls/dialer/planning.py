"""One call after the other, from a seed: whom it is with, what is sent of it, and what should come of it.

Belongs here: the kinds of calls and their shares. Does not: sending (`sending`), people (`people`), sound.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls.dialer.people import Called, People
from sandbox.calls.recordings import Recording, Recordings
from sandbox.calls.speaking import ROLES

MIX: Mapping[str, float] = {
    "talk": 0.7,
    "voicemail": 0.1,
    "wrong_number": 0.03,
    "no_answer": 0.05,
    "busy": 0.02,
    "silence": 0.02,
    "no_consent": 0.02,
    "short": 0.01,
    "nameless": 0.01,
    "truncated": 0.005,
    "bad_header": 0.005,
    "headless": 0.005,
    "no_samples": 0.005,
    "not_audio": 0.005,
    "again": 0.005,
    "other_body": 0.005,
    "same_recording": 0.005,
    "mono": 0.0,
    "poison": 0.0,
}
"""Kinds of calls, and their shares of all."""
_REFUSED: Mapping[str, str] = {
    "short": "too_short",
    "nameless": "no_prospect",
    "bad_header": "unreadable",
    "headless": "unreadable",
    "no_samples": "unreadable",
    "not_audio": "unreadable",
    "poison": "length_mismatch",
}
"""Why calls are refused that are accepted at first."""
COPY: Mapping[str, str] = {"kind": "same_recording", "outcome": "refused", "why": "duplicate_recording"}
"""What should come of a second call with the recording of an earlier one."""
_SOUND: Mapping[str, str] = {
    **dict.fromkeys(("no_consent", "short", "nameless", "again", "other_body", "same_recording"), "talk"),
    **dict.fromkeys(("no_answer", "busy"), ""),
}
"""Which recording calls of a kind have: by default one of the same name, here another one, or none."""
_ENDS: Mapping[str, str] = {kind: kind for kind in ("voicemail", "wrong_number", "no_answer", "busy")}
_REPS = (("Ana Ruiz", "ana.ruiz"), ("Tom Becker", "tom.becker"), ("Priya Nair", "priya.nair"))


@dataclass(frozen=True, slots=True)
class Plan:
    """A call that is to be made.

    Args:
        number: From 0.
        call_id: That it is sent with.
        kind: Of `MIX`.
        fields: Of the submission, without times and recording.
        seconds: That it lasted.
        recording: None for one that was not recorded.
        truth: What should come of it, ready for JSON; of a second call with the same recording, `COPY`.
    """

    number: int
    call_id: str
    kind: str
    fields: Mapping[str, Any] = field(repr=False)
    seconds: float
    recording: Recording | None
    truth: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans calls.

    Args:
        seed: Same seed, same calls.
        people: Who may be called.
        recordings: Of these calls.
        mix: Shares of kinds.
        language: Of the workspace, into which what was said is translated.
    """

    seed: int
    people: People
    recordings: Recordings
    mix: Mapping[str, float]
    language: str = "en"

    def plan(self, number: int) -> Plan:
        """Return a call."""
        chance = random.Random(f"{self.seed}:{number}")
        kind = chance.choices(list(self.mix), list(self.mix.values()))[0]
        sound = _SOUND.get(kind, kind)
        recording = self.recordings.get(sound, number) if sound else None
        called = self.people.call(chance)
        seconds = 0.4 if kind == "short" else recording.seconds + 1 if recording else 0.0
        call_id = f"dial-{self.seed}-{number}"
        truth = {"call_id": call_id, "kind": kind, **self._truth(kind, called, recording)}
        return Plan(number, call_id, kind, _fields(kind, called, chance), seconds, recording, truth)

    def _truth(self, kind: str, called: Called, recording: Recording | None) -> dict[str, Any]:
        if kind in _REFUSED:
            return {"outcome": "refused", "why": _REFUSED[kind]}
        person = called.person
        heard = recording if recording and kind != "no_consent" else None
        return {
            "outcome": "recorded",
            "match": called.match,
            "contact": person.id if person else None,
            "object": person.object if person else None,
            "texts": dict(heard.texts or {}) if heard else None,
            "said": self._said(heard) if heard else [],
            "personal": sorted({told for said in heard.said for told in said.turn.personal}) if heard else [],
        }

    def _said(self, recording: Recording) -> list[dict[str, Any]]:
        return [
            {
                "speaker": said.turn.role,
                "language": said.turn.language,
                "start": round(said.start, 3),
                "end": round(said.end, 3),
                "text": said.turn.text,
                "translation": said.turn.translated(self.language),
            }
            for said in recording.said
        ]


def _fields(kind: str, called: Called, chance: random.Random) -> dict[str, Any]:
    name, address = chance.choice(_REPS)
    prospect = {"name": "Somebody"} if kind == "nameless" else dict(called.party)
    return {
        "direction": chance.choice(("outbound", "outbound", "outbound", "inbound")),
        "disposition": _ENDS.get(kind, "connected"),
        "recording_consent": kind != "no_consent",
        "rep": {"name": name, "phone": "+1 202 555 0100", "email": f"{address}@nooks.example"},
        "prospect": prospect,
    }


def channels_of(recording: Recording) -> Mapping[str, int] | None:
    """Return what is said of the channels: nothing, where the rep is on the first."""
    return {role: 1 - place for place, role in enumerate(ROLES)} if recording.swapped else None
