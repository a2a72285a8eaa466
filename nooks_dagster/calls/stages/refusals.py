"""Refusals: why a call is kept but not worked on, in words that a dialer's developer can act on.

Belongs here: each word and its sentence. Does not: finding out (`calls.stages.validate`).
"""

from enum import StrEnum

from nooks_dagster.calls.model import Made, Status


class Refusal(StrEnum):
    """The word, as it is counted and searched for."""

    NO_PROSPECT = "no_prospect"
    TOO_SHORT = "too_short"
    WRONG_TIME = "wrong_time"
    RECORDING_ELSEWHERE = "recording_elsewhere"
    RECORDING_MISSING = "recording_missing"
    RECORDING_TOO_LARGE = "recording_too_large"
    UNREADABLE = "unreadable"
    CHANNELS = "channels"
    LENGTH_MISMATCH = "length_mismatch"
    DUPLICATE_RECORDING = "duplicate_recording"

    def made(self, why: str = "") -> Made:
        """Return what a stage made of a call that is refused for this; `why` says it better than its usual sentence."""
        return Made(Status.REFUSED, facts={"refused": str(self)}, reason=f"{self}: {why or _SENTENCES[self]}")


_SENTENCES = {
    Refusal.NO_PROSPECT: "The prospect has neither a telephone number nor an e-mail address.",
    Refusal.TOO_SHORT: "It lasted less than a second although it was answered.",
    Refusal.WRONG_TIME: "It began more than a day after it was accepted, or more than ten years before; look at the "
    "dialer's clock.",
    Refusal.RECORDING_ELSEWHERE: "Its recording does not lie below the workspace's own prefix; upload it by "
    "POST /v1/recordings.",
    Refusal.RECORDING_MISSING: "Its recording was not there five minutes after the call was accepted; upload it before "
    "sending the call, then replay.",
    Refusal.RECORDING_TOO_LARGE: "Its recording is larger than NOOKS_CALLS_RECORDING_MEGABYTES.",
    Refusal.UNREADABLE: "Its recording is no WAV, FLAC, OGG or MP3 that can be read.",
    Refusal.CHANNELS: "Its recording does not have the channels that the submission names.",
    Refusal.LENGTH_MISMATCH: "Its recording is longer than the call, so it is of another one.",
    Refusal.DUPLICATE_RECORDING: "Its recording is that of an earlier call, byte for byte.",
}
