"""Uploading: a call that came before its recording waits for it.

Belongs here: how long, and the word for it. Does not: waiting (`calls.stages.validate`), what comes after that
(`calls.consent`).
"""

from datetime import timedelta

from nooks_dagster.failures import Transient

UPLOADED_WITHIN = timedelta(minutes=5)
"""After it was accepted, a call waits so long for its recording: 460 MB, two hours, at 12 Mbit/s."""
NOT_THERE = "Its recording is not there yet."
"""Stands in the reason of the call's item, by which those that wait for their dialer are known."""


class Uploading(Transient):
    """The recording is not there yet: accuses nobody, so it is no attempt."""

    counts_as_attempt = False
    usual_wait = timedelta(seconds=5)

    def __init__(self, call: int) -> None:
        super().__init__(NOT_THERE, subject=f"call {call}")
