"""`nooks calls`: look after calls, the keys that dialers sign them with, the webhooks that are told of them.

Belongs here: the list of its commands. Does not: what they do.
"""

import typer

from nooks_dagster.cli.calls.keys import keys
from nooks_dagster.cli.calls.options import options
from nooks_dagster.cli.calls.replay import replay
from nooks_dagster.cli.calls.show import show
from nooks_dagster.cli.calls.status import status
from nooks_dagster.cli.calls.webhooks import webhooks

calls = typer.Typer(help="Look after calls: how they stand, who may send them, who gets them.", no_args_is_help=True)
calls.add_typer(keys, name="keys")
calls.add_typer(webhooks, name="webhooks")
for command in (status, show, replay, options):
    calls.command()(command)
