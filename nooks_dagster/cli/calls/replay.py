"""`nooks calls replay`: send what was given up or refused again.

Belongs here: what a person sees. Does not: finding and reviving it (`calls.reprocessing.replay`).
"""

import getpass
from dataclasses import asdict
from typing import Annotated

import typer

from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.reprocessing.replay import MOST, Replay
from nooks_dagster.calls.reprocessing.replay import replay as replay_dead
from nooks_dagster.cli.named import require_workspace
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.database.pool import Database
from nooks_dagster.settings import settings


def replay(
    calls: Annotated[list[int] | None, typer.Argument(help="Only these, by our ids.")] = None,
    *,
    stage: Annotated[Stage | None, typer.Option(help="Given up at this one; deliver for activities.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Only this one's.")] = None,
    failure: Annotated[str | None, typer.Option(help="Only of this class, such as Permanent.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many there are, and send none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send calls or activities that were given up again, a thousand at most; what was done is not done again.

    Refused calls begin anew, if they are named or `--stage validate` is.
    """
    with Database(settings().postgres_url, size=1) as db:
        require_workspace(db, workspace)
        who, release = f"{getpass.getuser()} at the command line", settings().release
        done = replay_dead(db, Replay(who, stage, workspace, failure, calls or (), dry_run, release))
    if as_json:
        print_json(asdict(done) | {"dry_run": dry_run})
        return
    what = "activities" if stage is Stage.DELIVER else "calls"
    if dry_run:
        console.print(f"{done.found:,} {what} were given up or refused; without --dry-run they are sent again.")
    elif done.replayed or not done.left:
        more = " Others may be left: do it again when these are through." if done.found == MOST else ""
        console.print(f"[green]✓[/green] {done.replayed:,} {what} are sent again.{more}")
    if done.left:
        named = ", ".join(map(str, done.left))
        console.print(f"[yellow]![/yellow] Not sent again, for they were not given up or refused as asked: {named}.")
        console.print("  `nooks calls show` tells where each stands.")
