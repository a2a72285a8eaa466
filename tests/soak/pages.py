"""Whether a chunk was fetched after it had landed: the sandbox's journal of pages against the ledger.

Belongs here: naming the first page of a chunk as the sandbox does, and comparing moments. A page may be sent again
while no attempt has landed it: its worker was killed, or the reply broke off. Once an attempt has, the end of that
attempt is the last moment at which any of its rows may have been sent, until a later window plans the chunk anew.
Does not: what the journal leaves out, which is what HubSpot tells of changed, archived and listed ones.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nooks_dagster.crm.salesforce.soql import conditions
from tests.acceptance.house import House

# A part is named after the fence of the attempt that landed it; a chunk without rows lands nothing.
CHUNKS = r"""
    SELECT split_part(i.lane, '/', 2), i.payload -> 'spec',
        extract(epoch FROM i.planned_at)::float8, extract(epoch FROM a.ended_at)::float8
    FROM work.items i LEFT JOIN work.attempts a ON a.item_id = i.id AND a.fence = coalesce(
        substring(i.progress -> 'landed' ->> 'uri' FROM '-f(\d+)\.parquet$')::bigint,
        (SELECT d.fence FROM work.attempts d WHERE d.item_id = i.id AND d.outcome = 'done'))
    WHERE i.queue = 'crm.chunks'
"""
_BULK = re.compile(r"/(\w+)/results\?locator=([\w-]+)")
_CUSTOM = re.compile(r"^p\d+_")  # what HubSpot puts before the name of a type that the account made

Life = tuple[float, float]
"""When a chunk was planned, and when its landing ended."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What was sent: pages that begin a chunk, how many of them more than once, and those after the landing."""

    pages: int
    again: int
    too_late: list[str]


def deliveries(house: House, journal: Path) -> Deliveries:
    """Compare what was sent with what had landed; ask when nothing is open."""
    lives: dict[str, list[Life]] = defaultdict(list)
    for source, spec, planned, ended in house.ask(CHUNKS):
        lives[_name(source, spec)].append((planned, float("inf") if ended is None else ended))
    sent = [(moment, name) for moment, name in _sent(journal) if name in lives]
    late = [f"{name} was sent {by:.3f} s too late" for moment, name in sent if (by := _lateness(moment, lives[name]))]
    once = {(name, sum(planned <= moment for planned, _ in lives[name])) for moment, name in sent}
    return Deliveries(len(sent), len(sent) - len(once), late)


def _lateness(moment: float, lives: Sequence[Life]) -> float:
    """Return for how many seconds the chunk had landed and not been planned anew; 0 if it was wanted."""
    before = [ended for planned, ended in lives if planned <= moment]
    return max(0.0, moment - max(before)) if before else 0.0


def _name(source: str, spec: Mapping[str, str]) -> str:
    """Return the page that a chunk begins with, as the journal names it if it does."""
    if "page" in spec:
        return " ".join(_BULK.findall(spec["page"])[0])
    if "first" in spec:
        return f"{_CUSTOM.sub('', source)} from {max(0, int(spec['low']) - 1)}"
    where = " AND ".join(conditions(spec, "SystemModstamp"))
    return f"{source} WHERE {where} ORDER BY Id" if where else f"{source} ORDER BY Id"


def _sent(journal: Path) -> Iterator[tuple[float, str]]:
    for line in journal.read_text().splitlines():
        moment, _, page = json.loads(line)
        yield moment, page.partition(" FROM ")[2] or page
