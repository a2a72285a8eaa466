"""The Typer application: every command under its name.

Belongs here: the list. Does not: the commands (`serve`, `look`).
"""

import typer

from sandbox.cli import look, serve

app = typer.Typer(
    name="nooks-sandbox",
    help="The outside world in miniature: serve it, point any program at it, know its truth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(serve.load)
app.command()(look.env)
app.command()(look.orgs)
app.command()(look.truth)
