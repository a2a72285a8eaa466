"""The `nooks-sandbox` command: its commands under their names.

Belongs here: the Typer application. Does not: the commands (`serve`, `look`, `truth`, `fault`,
`world`, `dial`,
`webhook`).
"""

import typer

from sandbox.cli.dial import dial_calls
from sandbox.cli.fault import alter, fault, faults, heal, restore
from sandbox.cli.look import env, orgs
from sandbox.cli.serve import load, serve
from sandbox.cli.truth import truth
from sandbox.cli.webhook import webhook
from sandbox.cli.world import world

app = typer.Typer(
    name="nooks-sandbox",
    help="The outside world in miniature: serve it, point any program at it, know its truth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (serve, load, env, orgs, truth, fault, faults, heal, alter, restore, world, webhook):
    app.command()(_command)
app.command("dial")(dial_calls)
