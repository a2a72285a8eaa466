"""Uploading: a call that came before its recording waits for it.

Belongs here: for how long. Does not: waiting (`calls.stages.validate`), what comes after that (`calls.consent`).
"""

from datetime import timedelta

from nooks_dagster.failures import NotReady

UPLOADED_WITHIN = timedelta(minutes=5)
"""After it was accepted, a call waits so long for its recording: 460 MB, two hours, at 12 Mbit/s."""


class Uploading(NotReady):
    """The recording is not there yet; by the word of its kind, calls that wait for their dialer are known."""

    def __init__(self, call: int) -> None:
        super().__init__("Its recording is not there yet.", subject=f"call {call}")
