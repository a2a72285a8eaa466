"""What a person may ask of documents and signals in the launchpad."""

import dagster as dg
from pydantic import Field

from nooks_dagster.research.planning import Wish
from nooks_dagster.signals.work import Request


class ResearchConfig(dg.Config):
    """What is wanted beyond what is due. Without any of it: whatever is new, changed or expired."""

    accounts: list[str] = Field(
        default=[],
        description='Only these: ids of CRM accounts, or sites, such as ["001xx000003DGb1", "example.com"]; documents '
        "look at their sites again.",
    )
    again: bool = Field(
        default=False,
        description="Ask the model again about the chosen accounts, though their answers hold still; it costs again. "
        "Documents alone: look again at the sites of all accounts.",
    )
    spread: bool = Field(
        default=False,
        description="Let a changed question that waits after its trial go on to all accounts; a trial shows its cost.",
    )
    estimate_only: bool = Field(default=False, description="Ask nothing, buy nothing: show what it would cost.")

    def wish(self) -> Wish:
        """Return which sites are wanted."""
        return Wish(tuple(self.accounts), again=self.again)

    def request(self) -> Request:
        """Return what is wanted of signals."""
        return Request(tuple(self.accounts), self.again, self.spread)
