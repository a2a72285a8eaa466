"""A source that does not recover: its lanes stop with a sentence that names why, and the truth comes once it does.

`None` stands for an object that arrives all the same, by another way.
"""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from nooks_dagster.crm.sync import sync
from tests.crm.salesforce.faults.rig import Rig

ROWS = ["query_all", "query_more", "bulk_results"]
BROKE = "connection to .* broke|page broke off"

LASTING: Mapping[str, tuple[dict[str, Any], str | None, str | None]] = {
    "429": ({"kind": "answer", "status": 429, "calls": ROWS}, "asked to slow down", "asked to slow down"),
    "503": ({"kind": "answer", "status": 503, "calls": ROWS}, "HTTP 503", "HTTP 503"),
    "a spent allowance": (
        {"kind": "answer", "status": 403, "body": "json", "calls": ROWS},
        "API calls of the last 24 hours are used up",
        "API calls of the last 24 hours are used up",
    ),
    "cut connections": ({"kind": "cut", "calls": ROWS}, BROKE, BROKE),
    "cut bodies": ({"kind": "cut", "share": 0.9, "calls": ROWS}, BROKE, BROKE),
    "gzip that ends early": ({"kind": "cut_gzip", "calls": ROWS}, "page broke off", "not JSON"),
    "short pages": ({"kind": "short_page"}, "promised 100 rows and sent 50", "promised .* rows and sent"),
    "rows that come twice": ({"kind": "rows_again"}, "rows were promised and .* came", None),
    "pages that get lost": ({"kind": "expired"}, "result is gone. It was planned anew 3 times", None),
    "jobs that are aborted": ({"kind": "job", "outcome": "Aborted"}, "The Bulk job was aborted", None),
}


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_told_and_what_has_passed_leaves_the_truth(
    rig: Rig, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "IDLE_SECONDS", 0.5)
    words, *expected = LASTING[name]
    workspace = rig.new_workspace()
    rig.fault(**words)
    rig.click(workspace)
    reasons = rig.reasons(workspace)
    for source, pattern in zip(("Contact", "Task"), expected, strict=True):
        assert re.search(pattern, reasons[source]) if pattern else source not in reasons, reasons
    rig.heal()
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


def test_a_token_that_never_opens_anything_stops_the_connection_and_says_so(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.fault(kind="dead_token")
    (problem,) = rig.click(workspace)
    assert "The session was refused" in problem
    assert "nooks connect" in problem
    (problem,) = rig.click(workspace)
    assert "the connection is unauthorized" in problem


def test_a_spent_allowance_is_told_and_what_comes_back_is_used(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.fault(kind="quota", used=115_000, after=8)
    rig.click(workspace)
    assert all("used up" in reason for reason in rig.reasons(workspace).values()), rig.reasons(workspace)
    rig.fault(kind="quota", used=0)
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []
