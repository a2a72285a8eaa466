"""A history lets others have the cores; what is due now does not, nor does the run that has both in hand."""

import sys
from collections import defaultdict
from collections.abc import Callable

import pytest

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import WindowReport
from tests.crm.fake_crm import FakeCrm, row
from tests.nices import nice

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows a thread's nice value")


def test_only_the_chunks_of_a_history_give_way(
    crm: FakeCrm, click: Callable[..., list[WindowReport]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, extract, before = defaultdict[str, set[int]](set), crm.extract, nice()

    def looked(source: SourceObject, chunk: Chunk) -> Extraction:
        seen["incremental" if chunk.spec.get("since") else "history"].add(nice())
        return extract(source, chunk)

    monkeypatch.setattr(crm, "extract", looked)
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    crm.write({"Account": [row(1, minute=70)]}, minute=80)
    click()
    assert seen == {"history": {10}, "incremental": {before}}
    assert nice() == before
