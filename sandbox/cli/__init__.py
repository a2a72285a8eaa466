"""The `nooks-sandbox` command: its commands under their names.

Belongs here: the Typer application. Does not: the commands (`serve`, `look`).
"""

import typer

from sandbox.cli.look import env, orgs, truth
from sandbox.cli.serve import load, serve

app = typer.Typer(
    name="nooks-sandbox",
    help="The outside world in miniature: serve it, point any program at it, know its truth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (serve, load, env, orgs, truth):
    app.command()(_command)
