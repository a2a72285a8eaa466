"""Which accounts have a site, and which one."""

from collections import Counter
from pathlib import Path

import pytest

from sandbox.hubspot.portals import Portals
from sandbox.hubspot.truth import lines
from sandbox.salesforce.orgs import Orgs
from sandbox.sites.hosts import company_at, site_in
from sandbox.world.names import NO_SITES


@pytest.mark.parametrize(
    "field",
    [
        "kitehive-tea7.example",
        "https://www.kitehive-tea7.example",
        "  HTTP://Kitehive-Tea7.EXAMPLE:80/about?x=1#y ",
        "www.kitehive-tea7.example.",
    ],
)
def test_a_site_is_known_however_its_address_is_typed(field: str) -> None:
    company = site_in(field)
    assert company is not None
    assert (company.host, company.name, company.trade) == ("kitehive-tea7.example", "Kitehive", "tea")


def test_a_name_beyond_ascii_is_one_site_in_both_spellings() -> None:
    company = site_in("https://www.Kitehive-Zürich3.example/")
    assert company is not None
    assert company == company_at(company.host) == company_at(f"www.{company.host}")
    assert company.host.startswith("xn--")


@pytest.mark.parametrize("field", [*NO_SITES, None, "", "example", "nobody.example", "kitehive-nothing.example"])
def test_what_is_no_site_means_none(field: str | None) -> None:
    assert site_in(field) is None


def test_most_accounts_have_a_site_of_their_own_some_share_one_some_have_none(tmp_path: Path) -> None:
    org = Orgs(tmp_path).create_generated("acme", 4_000, seed=3)
    sites = [site_in(str(row["Website"] or "")) for row in org.truth("Account")]
    by_host = Counter(site.host for site in sites if site)
    alone = sum(1 for count in by_host.values() if count == 1)
    assert 0.75 < alone / len(sites) < 0.9
    assert any(count > 1 for count in by_host.values())
    assert 0.1 < sites.count(None) / len(sites) < 0.25


def test_companies_of_a_portal_have_sites_by_their_domain_too(tmp_path: Path) -> None:
    portal = Portals(tmp_path).create_generated("globex", 500, seed=3)
    rows = [row["properties"] for row in lines(portal, portal.type("companies"))]
    both = [(site_in(row.get("domain")), site_in(row.get("website"))) for row in rows]
    assert all(domain == website for domain, website in both)
    assert sum(1 for domain, _ in both if domain) > 300
