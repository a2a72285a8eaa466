"""Closing: five minutes after its end an hour of calls is counted, and its transcripts are folded into Parquet.

Belongs here: the work of one item of `HOURS`, and the run that does what is due. Does not: planning
(`calls.closing.hours`), folding (`calls.closing.folding`), counting (`calls.closing.metrics`).

An hour is closed again when something of it came late. Killed anywhere it goes on with the workspace that it was at.
One that cannot be closed holds up no other, and is tried again with those after it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from pydantic import JsonValue

from nooks_dagster.calls.closing.folding import Folding
from nooks_dagster.calls.closing.hours import key_of
from nooks_dagster.calls.closing.metrics import METRICS, HourNumbers, metric_rows, note_hour
from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.work import HOURS, SCOPE_OF_HOURS
from nooks_dagster.database import clock
from nooks_dagster.failures import LostLease, Transient
from nooks_dagster.lake.handle import Handle
from nooks_dagster.ledger.giving_way import in_background
from nooks_dagster.ledger.items import Claim, Item, WorkClass
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.leases import keeping
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.one_by_one import Missed, one_by_one

FOLDED: Mapping[str, Stage] = {"transcripts": Stage.TRANSCRIBE, "translations": Stage.TRANSLATE}
"""What is folded, by its folder below `calls/`, and the stage that makes it."""

_WORKSPACES = "select distinct workspace from calls.calls where hour = %s and workspace > %s order by workspace"
# A stage that fails when it is done again keeps what it made before.
_MADE = """
    select s.output from calls.calls c join calls.stages s on s.call = c.id
    where c.hour = %s and c.workspace = %s and s.stage = %s and s.output is not null
    order by c.id
"""


@dataclass(slots=True)
class Closed:
    """What became of one hour: its numbers by workspace, and what lies where."""

    hour: datetime
    numbers: list[HourNumbers] = field(default_factory=list)
    parts: list[Handle] = field(default_factory=list)
    folded: int = 0


class Closing:
    """Closes the hours that are due.

    Args:
        platform: What it stands on.
        run_id: Who closes, for people to read.
        launch: The number of its launch; None for a person's run.
    """

    def __init__(self, platform: Platform, run_id: str, launch: int | None = None) -> None:
        self._platform = platform
        self._run_id = run_id
        self._launch = launch
        self._ledger = Ledger.of(platform.db, platform.settings, run_id)

    def beats(self) -> Iterator[Closed | Missed]:
        """Close what is due, the oldest hour first; yield what became of each.

        Raises:
            Unavailable: Postgres does not answer.
        """
        settings = self._platform.settings
        launches = Launches.of(self._platform.db, settings)
        with (
            launches.joined(SCOPE_OF_HOURS, self._run_id, WorkClass.NIGHTLY, self._launch) as n,
            keeping(settings, (SCOPE_OF_HOURS, n)) as keeper,
        ):
            yield from one_by_one(self._ledger, keeper, HOURS, SCOPE_OF_HOURS, self._give_way, called=_named)

    def _give_way(self, claim: Claim) -> Closed:
        return in_background(self._platform.settings.background_nice, partial(self._close_hour, claim))

    def _close_hour(self, claim: Claim) -> Closed:
        closed, failed = Closed(_hour(claim.item)), list[Exception]()
        for workspace in self._workspaces(closed.hour, str(claim.item.progress.get("after", ""))):
            try:
                self._close(claim, closed, workspace, all_before=not failed)
            except (Transient, LostLease):  # which the others would meet too
                raise
            except Exception as error:  # noqa: BLE001  it is raised once the others are closed
                failed.append(error)
        if failed:
            raise failed[0]
        with self._platform.db.transaction() as conn:
            self._ledger.complete(conn, claim, {"folded": closed.folded})
        return closed

    def _workspaces(self, hour: datetime, after: str) -> list[str]:
        with self._platform.db.transaction() as conn:
            return [name for (name,) in conn.execute(_WORKSPACES, (hour, after))]

    def _close(self, claim: Claim, closed: Closed, workspace: str, *, all_before: bool) -> None:
        with self._platform.db.transaction() as conn:
            look = clock.now(conn)
        folding = Folding(self._platform.lake, f"{claim.item.id}-{claim.fence}", claim.tick)
        datasets: dict[str, JsonValue] = {}
        for name, stage in FOLDED.items():
            folder = _folder(name, closed.hour, workspace)
            folded = folding.fold(folder, partial(self._made, closed.hour, workspace, stage))
            closed.folded += folded.added
            if folded.part:
                closed.parts.append(folded.part)
                datasets[name] = folded.part.to_json()
        rows = metric_rows(self._platform.db, workspace, closed.hour)
        metrics = folding.replace(_folder("metrics", closed.hour, workspace), rows, METRICS)
        closed.parts.append(metrics)
        datasets["metrics"] = metrics.to_json()
        with self._platform.db.transaction() as conn:
            if all_before:
                self._ledger.advance(conn, claim, {"after": workspace})
            self._ledger.check(conn, claim)
            closed.numbers.append(note_hour(conn, workspace, closed.hour, look, datasets))

    def _made(self, hour: datetime, workspace: str, stage: Stage) -> Mapping[str, Handle]:
        """Return the transcripts of an hour."""
        with self._platform.db.transaction() as conn:
            rows = conn.execute(_MADE, (hour, workspace, stage)).fetchall()
        handles = (Handle.from_json(output) for (output,) in rows)
        return {handle.uri.rpartition("/")[2]: handle for handle in handles}


def _hour(item: Item) -> datetime:
    return datetime.fromisoformat(str(item.payload["hour"]))


def _named(item: Item) -> str:
    return key_of(_hour(item))


def _folder(name: str, hour: datetime, workspace: str) -> str:
    return f"calls/{name}/hour={hour.astimezone(UTC):%Y-%m-%dT%H}/workspace={workspace}"
