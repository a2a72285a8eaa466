"""The `nooks` command, one file per group of commands.

Belongs here: the application, and the list of its commands: a new one is a line in `COMMANDS`.
Does not: what commands do. They are thin: read arguments, call the engine, print.
"""

from collections.abc import Callable

import typer

from nooks_dagster.cli.calls import calls
from nooks_dagster.cli.connect import connect
from nooks_dagster.cli.connections import connections
from nooks_dagster.cli.doctor import doctor
from nooks_dagster.cli.down import down
from nooks_dagster.cli.errors import Sentences
from nooks_dagster.cli.ingest import ingest
from nooks_dagster.cli.project import use_project
from nooks_dagster.cli.remove import remove
from nooks_dagster.cli.rest import disconnect, pause, resume
from nooks_dagster.cli.signals import signals
from nooks_dagster.cli.status import status
from nooks_dagster.cli.sync import sync
from nooks_dagster.cli.up import up

COMMANDS: list[Callable[..., None]] = [
    up,
    down,
    status,
    connect,
    pause,
    resume,
    disconnect,
    remove,
    sync,
    ingest,
    doctor,
]

app = typer.Typer(
    cls=Sentences,
    callback=use_project,
    help="Run and look after the go-to-market data platform.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(connections, name="connections")
app.add_typer(calls, name="calls")
app.add_typer(signals, name="signals")
