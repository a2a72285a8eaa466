"""What a person may ask of past calls in the launchpad."""

import dagster as dg
from pydantic import Field


class CallsConfig(dg.Config):
    """Whose calls, and whether what is done is done again. Without any of it: what is missing, of all workspaces."""

    workspaces: list[str] = Field(default=[], description='Only these, such as ["acme"]; empty for all.')
    again: bool = Field(
        default=False,
        description="Do the selected stages again where they are done; what a model makes is bought again.",
    )
