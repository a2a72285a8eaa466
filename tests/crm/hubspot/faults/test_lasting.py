"""A source that does not recover: its lane stops with a sentence that names why, and the truth comes once it does."""

import re
from typing import Any

import pytest

from nooks_dagster.crm.sync import sync
from tests.crm.hubspot.faults.rig import Rig

# Pages of a chunk: what only looks whether a type may be read asks for no property, and would stop all lanes.
PAGES = {"calls": ["list", "list_archived"], "text": "properties="}
LASTING: dict[str, tuple[dict[str, Any], str]] = {
    "429": ({"kind": "answer", "status": 429, **PAGES}, "asked to slow down"),
    "a spent day": ({"kind": "answer", "status": 429, "body": "json", "code": "DAILY", **PAGES}, "are used up"),
    "502": ({"kind": "answer", "status": 502, **PAGES}, "HTTP 502"),
    "pages out of order": ({"kind": "rows_again", **PAGES}, "not in the order of their ids"),
    "a scope that is missing": ({"kind": "answer", "status": 403, "body": "json", **PAGES}, "lacks a scope"),
}


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_told_and_what_has_passed_leaves_the_truth(
    rig: Rig, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "IDLE_SECONDS", 0.5)
    words, pattern = LASTING[name]
    workspace = rig.new_workspace()
    rig.fault(**words)
    rig.click(workspace)
    assert re.search(pattern, rig.reasons(workspace)["contacts"]), rig.reasons(workspace)
    rig.heal()
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        ({"kind": "missing", "calls": "batch_read"}, "missing without a word"),
        ({"kind": "short_page", "share": 0.01, "calls": "search"}, "counts [0-9]+ records and shows none"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_changes_that_are_kept_back_are_missed(
    rig: Rig, words: dict[str, Any], pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "IDLE_SECONDS", 0.5)
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    rig.edit()
    rig.fault(**words)
    rig.click(workspace)
    assert re.search(pattern, rig.reasons(workspace)["contacts"]), rig.reasons(workspace)
    rig.heal()
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


def test_a_token_that_never_opens_anything_stops_the_connection_and_says_so(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.fault(kind="dead_token")
    (problem,) = rig.click(workspace)
    assert "The token was refused" in problem
    assert "nooks connect" in problem
    (problem,) = rig.click(workspace)
    assert "the connection is unauthorized" in problem
