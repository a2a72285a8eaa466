"""`nooks signals`: how AI signals stand, what they cost, and what they may.

Belongs here: the list of its commands. Does not: what they do.
"""

import typer

from nooks_dagster.cli.answers import own, spread, status
from nooks_dagster.cli.spending import caps, cost

signals = typer.Typer(help="Look after AI signals: how they stand, what they cost.", no_args_is_help=True)
for command in (status, cost, caps, spread, own):
    signals.command()(command)
