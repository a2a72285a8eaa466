"""The truth about accounts: what an honest reader finds, or why nothing."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.cli import app
from sandbox.hubspot.portals import Portals
from sandbox.salesforce.orgs import Orgs
from sandbox.sites.changes import SiteShelf
from sandbox.sites.facts import FIELDS, KIND_OF_SIGNAL, fact
from sandbox.sites.manners import TROUBLES
from sandbox.sites.truth import SIGNALS, expected, own_investors
from sandbox.sites.vocabulary import INVESTORS
from tests.sandbox.sites.conftest import site_where


def told(state: Path, *words: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(app, ["truth", *words, "--state", str(state)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    Orgs(tmp_path).create_generated("acme", 200, seed=3)
    Portals(tmp_path).create_generated("globex", 100, seed=3)
    return tmp_path


def test_every_account_has_one_row_for_each_signal_with_findings_or_a_reason(state: Path) -> None:
    rows = told(state, "signals", "--org", "acme")
    accounts = [str(row["Id"]) for row in Orgs(state).get("acme").truth("Account") if not row["IsDeleted"]]
    assert [(row["account"], row["signal"]) for row in rows] == [(id_, each) for id_ in accounts for each in SIGNALS]
    assert all((row["status"] == "found") == bool(row["findings"]) == (row["reason"] is None) for row in rows)
    reasons = Counter(row["reason"] for row in rows)
    assert {"no_site", "not_stated", "robots"} <= reasons.keys() <= {None, "no_site", "not_stated", "robots", *TROUBLES}


def test_findings_have_the_fields_of_their_signal_and_the_pages_that_state_them(state: Path) -> None:
    rows = told(state, "signals", "--org", "acme", "--signal", "funding", "--signal", "hiring")
    found = [(row, each) for row in rows for each in row["findings"]]
    assert {row["signal"] for row, _ in found} == {"funding", "hiring"}
    for row, each in found:
        assert tuple(each["values"]) == FIELDS[KIND_OF_SIGNAL[row["signal"]]]
        assert all(row["site"] in page["url"] for page in each["pages"])


def test_companies_of_a_portal_are_accounts_too(state: Path) -> None:
    rows = told(state, "signals", "--portal", "globex", "--signal", "tech_stack")
    assert len(rows) > 90
    assert any(row["findings"] for row in rows)


def test_only_investors_of_the_workspace_itself_are_shared(state: Path) -> None:
    own = [row["investor"] for row in told(state, "investors", "--org", "acme")]
    assert own == own_investors("acme") != own_investors("globex")
    everyones = [word for name in INVESTORS for word in ("--investor", name)]
    for words, allowed in (((), set(own)), (everyones, set(INVESTORS))):
        rows = told(state, "signals", "--org", "acme", "--signal", "shared_investors", *words)
        shared = {each["values"]["investor"] for row in rows for each in row["findings"]}
        assert shared
        assert shared <= allowed


def test_an_unknown_signal_is_refused_with_those_that_there_are(state: Path) -> None:
    result = CliRunner().invoke(app, ["truth", "signals", "--org", "acme", "--signal", "x", "--state", str(state)])
    assert result.exit_code == 2
    assert "There is no signal x. There are: tech_stack" in result.output


def test_what_only_a_closed_page_states_cannot_be_found(shelf: SiteShelf) -> None:
    site = site_where(lambda m: m.trouble is None and m.closed == (m.paths.get("careers"),), shelf)
    shelf.tell(site.company, fact("opening", department="Legal", open_roles=2))
    (row,) = expected(shelf, site.company.host, ["hiring"], ())
    assert (row["status"], row["reason"], row["findings"]) == ("not_found", "robots", [])


def test_what_is_told_of_a_site_is_found_and_what_is_denied_is_not(shelf: SiteShelf) -> None:
    site = site_where(lambda m: m.trouble is None and not m.closed, shelf)
    made = fact("technology", vendor="Stripe", product="Stripe", category="payments")
    for wish, more in ((made, 1), (fact("technology", past=True, **{**made.values, "product": "Adyen"}), 0)):
        (before,) = expected(shelf, site.company.host, ["tech_stack"], ())
        shelf.tell(site.company, wish)
        (after,) = expected(shelf, site.company.host, ["tech_stack"], ())
        assert len(after["findings"]) - len(before["findings"]) == more


def test_the_day_and_what_was_told_outlive_the_process(shelf: SiteShelf, tmp_path: Path) -> None:
    site = site_where(lambda m: m.trouble is None, shelf)
    shelf.pass_days(3)
    told_site = shelf.tell(site.company, fact("partner", partner="Acubase"))
    again = SiteShelf(tmp_path / "shelf")
    assert (again.day, again.site(site.company).pages) == (3, told_site.pages)
    with pytest.raises(ValueError, match="day 3 already"):
        again.pass_days(2)
