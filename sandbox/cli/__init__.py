"""The `nooks-sandbox` command.

Belongs here: the Typer application and its commands, one file per group. Does not: what they do.
"""

from sandbox.cli.application import app

__all__ = ["app"]
