"""Counting: the rows of an object here beside those at its source, some buckets a night, through the ledger.

Belongs here: planning it, one object, listing the ids of a bucket that differs twice. Does not: buckets
(`crm.counts.buckets`), when a difference is an error (`crm.counts.differing`).

A difference may be the work of the last minutes, and a single one is no news. The second in a row is worth a listing.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import psycopg
from pydantic import JsonValue

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.connections import Connectors
from nooks_dagster.crm.counts.buckets import Bucket, Buckets, Outcome
from nooks_dagster.crm.counts.sides import Sides
from nooks_dagster.crm.lifecycle.chosen import wants
from nooks_dagster.crm.lifecycle.options import lenient
from nooks_dagster.crm.rows.schemas import known_objects
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.sync.watermarks import watermark
from nooks_dagster.crm.work import CLAIMS_OF_AN_ITEM, RawDataset, lane_of
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.giving_way import give_way
from nooks_dagster.ledger.items import Claim, NewItem, Queue, WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper, keeping
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.one_by_one import Missed, one_by_one
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry

COUNTS = Queue("crm.counts", serial=True, blocks=True, attempts=CLAIMS_OF_AN_ITEM)
SCOPE = "crm_counts"
LISTS = "crm_counts"
BUCKETS_A_NIGHT = 6  # 300,000 rows of an object for six calls: a million rows are all counted every third night
TWICE = 2
REMEMBERED = 100  # ids of either kind that are looked for again; the lake has them all

NIGHT = "SELECT now()::date::text"
BUSY = """
    SELECT EXISTS (SELECT FROM work.items
        WHERE queue = %s AND lane = %s AND state IN ('waiting', 'leased', 'blocked'))
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a night found of an object: how many buckets were counted, how many differ, and how often the worst did."""

    dataset: RawDataset
    buckets: int
    differing: int
    mismatches: int


class Counting:
    """Counts the objects of all connections that may be used.

    Args:
        platform: What it stands on.
        run_id: Who does it, for people to read.
    """

    def __init__(self, platform: Platform, run_id: str) -> None:
        self._db = platform.db
        self._lake = platform.lake
        self._settings = platform.settings
        self._registry = Registry(platform.db)
        self._ledger = Ledger.of(platform.db, platform.settings, run_id)
        self._connectors = Connectors(self._registry, platform.factory)

    def run(self, workspaces: Sequence[str] = ()) -> Iterator[Counted | Missed]:
        """Plan a count of each object whose history is complete, of some workspaces or of all; drain what is due."""
        with self._db.transaction() as conn:
            for connection in self._registry.connections():
                if connection.state is ConnectionState.ACTIVE and (
                    not workspaces or connection.workspace in workspaces
                ):
                    self._ledger.plan(conn, list(_items(conn, connection)))
        # Counting is waiting for answers; whose rates and quotas are spent, the others have theirs.
        workers = self._settings.crm_workers
        begin = partial(give_way, WorkClass.NIGHTLY, self._settings.background_nice)
        with keeping(self._settings) as keeper, ThreadPoolExecutor(workers, initializer=begin) as pool:
            for done in pool.map(self._drain, [keeper] * workers):
                yield from done

    def _drain(self, keeper: LeaseKeeper) -> list[Counted | Missed]:
        return list(one_by_one(self._ledger, keeper, COUNTS, SCOPE, self.count))

    def count(self, claim: Claim) -> Counted:
        """Count the buckets of an object whose turn it is; what is counted by then stays so when it is killed.

        Raises:
            Failure: What the source, the lake or Postgres answered.
            LostLease: Another worker has the object.
        """
        dataset = RawDataset(**claim.item.payload)
        connector = self._connectors.get(dataset.connection, WorkClass.NIGHTLY)
        try:
            source = connector.describe(dataset.source)
        except Permanent:  # gone, left out or not to be read: its lane says so, if that is wrong
            return self._uncountable(claim, dataset)
        with self._db.transaction() as conn:
            buckets = Buckets(conn, dataset)
            buckets.cut()
            turn, top = buckets.next(BUCKETS_A_NIGHT), buckets.top()
        mismatches: list[int] = []
        for bucket in turn:
            sides = Sides(self._db, connector, source, dataset, bucket, top)
            there = sides.count_there()
            claim.tick()
            if there is None:
                return self._uncountable(claim, dataset)
            mismatches.append(self._note(claim, bucket, sides, there))
        with self._db.transaction() as conn:
            self._ledger.complete(conn, claim, {"buckets": len(turn)})
        return Counted(dataset, len(turn), sum(map(bool, mismatches)), max(mismatches, default=0))

    def _note(self, claim: Claim, bucket: Bucket, sides: Sides, there: int) -> int:
        """Remember a look at a bucket; return how often in a row it differed."""
        here = sides.count_here()
        outcome = Outcome(here, there, bucket.mismatches + 1 if here != there else 0)
        if outcome.mismatches >= TWICE:
            outcome = self._listed(claim, sides, outcome)
        with self._db.transaction() as conn:
            self._ledger.advance(conn, claim, {"low": bucket.low})
            Buckets(conn, sides.dataset).note(bucket, outcome)
            crash_point("counting")
        return outcome.mismatches

    def _listed(self, claim: Claim, sides: Sides, outcome: Outcome) -> Outcome:
        """Find the ids that are on one side only, and put them into the lake; none means that it was a moment's."""
        theirs = {id_ for page in sides.ids_there() for id_ in _ticking(claim, page)}
        ours = sides.ids_here()
        missing, surplus = sorted(theirs - ours), sorted(ours - theirs)
        if not missing and not surplus:
            return replace(outcome, mismatches=0)
        name = f"{count_folder(sides.dataset)}/{sides.bucket.low or 'first'}-{claim.item.id}-f{claim.fence}.json"
        self._lake.write_json(name, {"missing": list[JsonValue](missing), "surplus": list[JsonValue](surplus)}, 0)
        crash_point("listed")
        uri = self._lake.uri(name)
        return replace(outcome, missing=missing[:REMEMBERED], surplus=surplus[:REMEMBERED], uri=uri)

    def _uncountable(self, claim: Claim, dataset: RawDataset) -> Counted:
        with self._db.transaction() as conn:
            Buckets(conn, dataset).forget()
            self._ledger.complete(conn, claim, {"buckets": 0})
        return Counted(dataset, 0, 0, 0)


def count_folder(dataset: RawDataset) -> str:
    """Return where the ids lie that an object has on one side only."""
    return f"{LISTS}/workspace={dataset.workspace}/connection={dataset.connection}/source={dataset.source}"


def _items(conn: psycopg.Connection[Any], connection: Connection) -> Iterator[NewItem]:
    """Yield the counts of a connection's objects, one of each a night; one that is not done is not planned again."""
    ((night,),) = conn.execute(NIGHT).fetchall()
    options = lenient(connection.options, connection.id)
    for source, canonical in known_objects(conn, connection.id):
        if not wants(options, source):
            continue
        lane = lane_of(connection.id, source)
        ((busy,),) = conn.execute(BUSY, (COUNTS.name, lane)).fetchall()
        if not busy and watermark(conn, connection.id, source):
            payload = asdict(RawDataset(canonical, connection.workspace, connection.id, source))
            yield NewItem(COUNTS, SCOPE, lane, night, payload, WorkClass.NIGHTLY)


def _ticking(claim: Claim, page: Sequence[str]) -> Sequence[str]:
    claim.tick()
    return page
