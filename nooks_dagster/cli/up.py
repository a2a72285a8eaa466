"""`nooks up`: start what is not running, mend what is dead, connect the samples, say where the UI is.

Belongs here: the progress that a person sees. Does not: starting (`nooks_dagster.local.control`).
"""

import time
from typing import Annotated

import typer
from rich.console import Console

from nooks_dagster.cli.printing import console as usual
from nooks_dagster.cli.printing import print_json
from nooks_dagster.local import control, environment
from nooks_dagster.local.environment import Environment
from nooks_dagster.local.record import Entry
from nooks_dagster.local.samples import ensure_sample_workspaces


def up(
    *,
    sample: Annotated[bool, typer.Option(help="Connect the sample workspaces of the sandbox.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end, nothing else.")] = False,
) -> None:
    """Start the platform on this machine, or mend it. Data and settings stay as they are."""
    began = time.monotonic()
    console = Console(quiet=True) if as_json else usual
    configuration = environment.ensure(environment.find_root())
    environment.apply(configuration)
    running = _already_running(configuration, console)
    control.launch(configuration)
    entries: list[Entry] = []
    for passed, entry in control.until_well(configuration):
        entries.append(entry)
        console.print(_line(entry, passed, already=entry.name in running))
    if sample and configuration.sandboxed:
        for workspace in ensure_sample_workspaces():
            console.print(f"[green]✓[/green] Workspace {workspace} is connected")
    address = f"http://127.0.0.1:{configuration.port('NOOKS_UI_PORT')}"
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        services = [{"name": entry.name, "state": entry.state} for entry in entries]
        print_json({"ui": address, "seconds": seconds, "services": services})
        return
    console.print(f"\nReady in {seconds} s: [bold]{address}[/bold]")
    console.print(_what_now(configuration))


def _already_running(configuration: Environment, console: Console) -> set[str]:
    """Name what is well now; a stack with another configuration or older code is stopped first."""
    record = control.status(configuration)
    alive = record.supervisor is not None
    if record.digest == configuration.digest or not (alive or record.survivors()):
        return {entry.name for entry in record.entries if entry.finished and alive}
    console.print("The code or .env has changed since the last start: restarting.")
    for entry in control.shut_down(configuration):
        console.print(f"  stopped: {entry.title}")
    return set()


def _line(entry: Entry, passed: float, *, already: bool) -> str:
    if already:
        return f"[dim]✓ {entry.title}: already {'done' if entry.state == 'done' else 'running'}[/dim]"
    if entry.adopted:
        return f"[dim]✓ {entry.title}: still running[/dim]"
    again = " (started again)" if entry.starts > 1 else ""
    return f"[green]✓[/green] {entry.title}{again} [dim]{passed:.1f} s[/dim]"


def _what_now(configuration: Environment) -> str:
    if configuration.sandboxed:
        return (
            "The outside world is the SANDBOX, and the histories of its workspaces are being synced: look at\n"
            "the assets under crm in the UI.\n`nooks down` stops everything, the data stays."
        )
    return "Connect a CRM with `nooks connect`. `nooks down` stops everything, the data stays."
