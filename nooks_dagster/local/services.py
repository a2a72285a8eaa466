"""What a service of the local stack is: how it starts, how it proves its health, what it needs first.

Belongs here: the declaration. Does not: the list of ours (`nooks_dagster.local.stack`), nor who keeps them
alive (`nooks_dagster.local.supervisor`).
"""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nooks_dagster.local.account import Identity

Probe = Callable[[float], str]
"""Asks a service, started at the given time (epoch), to prove that it works.

Returns "" when it does, else a sentence about what it still waits for. Raises a `Failure` when it answers
that a person has to act, `ProcessLookupError` when only a restart can help, and anything else when it does not
answer at all.
"""


def always_well(_: float) -> str:
    """Probe of a service whose being alive is all there is to know."""
    return ""


@dataclass(frozen=True)
class Service:
    """A process that must run, or a task that must have run once.

    Attributes:
        name: Names its log and its record.
        title: What a person reads.
        prepare: Makes ready what the process needs and returns its command; called before every start.
        probe: How it proves its health.
        needs: Names of services that must be well before this one is started.
        task: It is done when it has ended with 0.
        port: The port it listens on: a survivor of ours that still holds it is stopped before a start.
        identity: The account it runs as.
        variables: Its environment; None for ours.
        folder: Its working folder.
        stop_signal: What asks it to end; SIGTERM for most.
        stops_whole_family: Its descendants get that signal too; else only itself does.
        grace: Seconds it has to end before it is killed, with all its descendants.
        patience: Seconds without an answer after which it is restarted; None when only death is a reason.
    """

    name: str
    title: str
    prepare: Callable[[], Sequence[str]]
    probe: Probe = always_well
    needs: tuple[str, ...] = ()
    task: bool = False
    port: int | None = None
    identity: Identity = field(default_factory=Identity)
    variables: Mapping[str, str] | None = None
    folder: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    stops_whole_family: bool = False
    grace: float = 10
    patience: float | None = 60
