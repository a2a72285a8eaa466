"""`dial`: calls at a chosen rate, sent to a platform, and the truth of each kept for `truth calls`.

Belongs here: its options, and putting the dialer together. Does not: the dialer (`sandbox.calls.dialer`).
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from sandbox.calls.dialer.dialing import Tally, dial
from sandbox.calls.dialer.people import People, of_org, of_portal
from sandbox.calls.dialer.planning import MIX, Planner
from sandbox.calls.dialer.sending import Line
from sandbox.calls.dialer.truth import Journal
from sandbox.calls.recordings import Recordings, Style
from sandbox.cli.options import State, refuse
from sandbox.hubspot.portals import Portals
from sandbox.salesforce.orgs import Orgs


def dial_calls(  # noqa: PLR0913 (each is an option)
    *,
    state: State,
    to: Annotated[str, typer.Option(help="Address of `nooks ingest`.")] = "http://127.0.0.1:8790",
    key: Annotated[list[str], typer.Option(help="Key id that calls are signed with; repeatable, calls take turns.")],
    secret: Annotated[list[str], typer.Option(help="Its secret; as many as keys.")],
    world: Annotated[
        list[str] | None, typer.Option(help="Org or portal of the workspace of a key, in the order of the keys.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.01, help="Calls a second.")] = 12.0,
    seconds: Annotated[float, typer.Option(min=0, help="For how long.")] = 60.0,
    calls: Annotated[int | None, typer.Option(min=1, help="How many, instead.")] = None,
    pool: Annotated[int, typer.Option(min=1, help="Conversations that differ; each is made once.")] = 64,
    length: Annotated[float, typer.Option(min=0, help="Seconds of a conversation; 0 lets each take its time.")] = 8.0,
    sample_rate: Annotated[int, typer.Option(help="Of recordings; 0 takes 8000 or 16000.")] = 8000,
    flac: Annotated[bool, typer.Option("--flac", help="Let some recordings be FLAC.")] = False,
    mix: Annotated[
        list[str] | None,
        typer.Option(help="Share of a kind of call, such as voicemail=0.2; repeatable. `plain` drops all but talk."),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the workspace.")] = "en",
    seed: Annotated[int | None, typer.Option(help="Same seed, same calls; by default another one each time.")] = None,
) -> None:
    """Send calls, and print what became of them as JSON; what should come of each: `nooks-sandbox truth calls`."""
    if len(key) != len(secret):
        refuse("Say as many --secret as --key.")
    chosen = int(time.time()) if seed is None else seed
    recordings = Recordings(Style(chosen, length, sample_rate, not flac, pool))
    shares = _shares(mix or ())
    planners = [
        (Line(to.rstrip("/"), one, other), Planner(chosen, _people(state, name), recordings, shares, language))
        for one, other, name in zip(key, secret, _worlds(world or (), len(key)), strict=True)
    ]
    journal = Journal(state)
    tally: Tally = uvloop.run(dial(planners, journal, rate, calls or round(rate * seconds)))
    journal.close()
    typer.echo(json.dumps({"seed": chosen, **tally.told()}))


def _worlds(worlds: Sequence[str], keys: int) -> list[str | None]:
    if len(worlds) > keys:
        refuse("There are more --world than --key.")
    return [*worlds, *[None] * (keys - len(worlds))]


def _people(state: Path, name: str | None) -> People:
    if name is None:
        return People()
    orgs, portals = Orgs(state), Portals(state)
    if name in orgs.names():
        return People(of_org(orgs.get(name)))
    if name not in portals.names():
        refuse(f"There is no org or portal {name!r} in {state}.")
    return People(of_portal(portals.get(name)))


def _shares(wishes: Sequence[str]) -> dict[str, float]:
    shares = {"talk": 1.0} if "plain" in wishes else dict(MIX)
    for wish in wishes:
        kind, _, share = wish.partition("=")
        if wish == "plain":
            continue
        if kind not in MIX or not share.replace(".", "", 1).isdecimal():
            refuse(f"--mix {wish}: write KIND=SHARE, or plain for talk alone. The kinds are: {', '.join(MIX)}.")
        shares[kind] = float(share)
    return shares
