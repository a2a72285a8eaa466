"""`world`: lets the orgs and portals of a state folder live.

Belongs here: its options, ending when told to. Does not: what happens (`sandbox.life`).
"""

import signal
from threading import Event
from typing import Annotated

import typer

from sandbox.cli.options import State, refuse
from sandbox.hubspot.portals import Portals
from sandbox.life.control import begin
from sandbox.life.pace import Pace
from sandbox.salesforce.orgs import Orgs


def world(  # noqa: PLR0913 (each is an option)
    *,
    state: State,
    rate: Annotated[float, typer.Option(help="Changes a second, in each org and portal.")] = 50.0,
    seed: Annotated[int, typer.Option(help="Same seed, same changes.")] = 1,
    steps: Annotated[int | None, typer.Option(help="End after so many changes.")] = None,
    seconds: Annotated[float | None, typer.Option(help="End after so long.")] = None,
    org: Annotated[list[str] | None, typer.Option(help="An org that lives; repeatable.")] = None,
    portal: Annotated[list[str] | None, typer.Option(help="A portal that lives; repeatable.")] = None,
    late_seconds: Annotated[
        float,
        typer.Option(help="How long rows stay unseen after their stamp, or unknown to the search index, at most."),
    ] = Pace.late_seconds,
    long_seconds: Annotated[float, typer.Option(help="How long the longest transactions take.")] = Pace.long_seconds,
    alter_every: Annotated[
        int, typer.Option(help="Changes from one alteration of fields and permissions to the next; 0: none.")
    ] = Pace.alter_every,
    settle: Annotated[bool, typer.Option("--settle/--no-settle", help="In the end, let all stand still.")] = True,
) -> None:
    """Let orgs and portals live, by default all, while they are being served or not, until stopped."""
    try:
        pace = Pace(rate, late_seconds, long_seconds, alter_every)
        life = begin(Orgs(state), Portals(state), org, portal, seed, pace)
    except ValueError as wrong:
        refuse(f"The world does not live: {wrong}.")
    except KeyError as missing:
        refuse(f"There is no {missing} in {state}: `nooks-sandbox orgs` lists what there is.")
    stopped = Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, lambda *_: stopped.set())
    typer.echo(f"Seed {seed}: {rate:g} changes a second.")
    done = life.run(steps, seconds, stopped.is_set)
    if settle:
        life.settle()
    typer.echo(f"{done} changes in each org and portal{'; all stands still' if settle else ''}.")
