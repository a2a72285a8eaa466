"""What a person may ask of signals in the launchpad."""

import dagster as dg
from pydantic import Field

from nooks_dagster.signals.work import Request


class SignalConfig(dg.Config):
    """What is wanted beyond what is due. Without any of it: whatever is new, changed or expired."""

    accounts: list[str] = Field(
        default=[],
        description='Only these: ids of CRM accounts, or sites, such as ["001xx000003DGb1", "example.com"].',
    )
    again: bool = Field(
        default=False,
        description="Ask the model again about the chosen accounts, though their answers hold still; it costs again.",
    )
    spread: bool = Field(
        default=False,
        description="Let a changed question that waits after its trial go on to all accounts; a trial shows its cost.",
    )
    estimate_only: bool = Field(default=False, description="Ask nothing, buy nothing: show what it would cost.")

    def request(self) -> Request:
        """Return what is wanted."""
        return Request(tuple(self.accounts), self.again, self.spread)
