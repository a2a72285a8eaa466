"""What a connection has cost, and which window its calls were for."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.crm.access.meter import Meter, counting, spent
from nooks_dagster.crm.hubspot.in_order import in_order
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Unavailable
from tests.crm.fake_crm import FakeCrm, row


def test_a_meter_tells_calls_by_kind_and_the_last_allowance() -> None:
    meter = Meter()
    for kind in ("login", "query", "query"):
        meter.count(kind)
    meter.note((17, 5000))
    meter.note((18, 5000))
    usage = meter.usage()
    assert (usage.calls, usage.used, usage.limit) == (3, 18, 5000)
    assert usage.by_kind == {"login": 1, "query": 2}


def test_the_calls_of_a_piece_of_work_are_told_apart_from_those_before_and_beside_it() -> None:
    meter = Meter()
    meter.count("query")
    with counting() as calls:
        meter.count("describe")
        with counting() as inner:
            meter.count("login")
        assert spent() == {"calls.describe": 1}
    assert (calls.by_kind, inner.by_kind, spent()) == ({"describe": 1}, {"login": 1}, {})
    assert meter.usage().calls == 3


def test_readers_of_a_piece_of_work_count_for_it() -> None:
    meter = Meter()

    def stream() -> Iterator[int]:
        for number in range(3):
            meter.count("list")
            yield number

    with counting() as calls:
        assert list(in_order([stream(), stream()], 5)) == [0, 1, 2, 0, 1, 2]
    assert calls.by_kind == {"list": 6}


class MeteredCrm(FakeCrm):
    """A CRM that counts, and does not answer the first query."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.meter = Meter()

    def describe(self, name: str) -> SourceObject:
        self.meter.count("describe")
        return super().describe(name)

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        self.meter.count("query")
        if self.meter.usage().by_kind["query"] == 1:
            raise Unavailable("nobody is at home", subject=source.name)
        return super().extract(source, chunk)


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    return MeteredCrm(tmp_path / "crm.json")


def test_a_window_tells_all_its_calls_those_in_vain_too(
    crm: MeteredCrm, click: Callable[..., list[WindowReport]], db: Database
) -> None:
    crm.write({"Account": [row(n) for n in range(12)]})
    (report,) = [r for r in click() if r.task.source == "Account"]
    with db.transaction() as conn:
        query = "SELECT outcome FROM work.items WHERE queue = 'crm.windows' AND lane LIKE '%/Account'"
        ((outcome,),) = conn.execute(query).fetchall()
    told: dict[str, Any] = {name: calls for name, calls in outcome.items() if name.startswith("calls.")}
    assert told == {"calls.describe": 1, "calls.query": 4}  # three chunks, one of them twice
    assert (report.totals["rows"], report.totals["calls.query"]) == (12, 4)
