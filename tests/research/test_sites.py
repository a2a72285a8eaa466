"""What a CRM's field for the web site holds, and which public host that is."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.research.hosts import public_host
from nooks_dagster.research.sites import site_of


@pytest.mark.parametrize(
    ("field", "site"),
    [
        ("acme.com", "acme.com"),
        ("HTTPS://WWW.Acme.com:443/x?y#z", "acme.com"),
        ("http://acme.com:80", "acme.com"),
        ("http:/acme.com", "acme.com"),
        ("acme.com.", "acme.com"),
        (" acme.com / acme.de ", "acme.com"),
        ("acme.com, acme.de", "acme.com"),
        ("<https://acme.com>", "acme.com"),
        ("info@acme.com", "acme.com"),
        ("mailto:info@www.acme.com", "acme.com"),
        ("careers.acme.co.uk", "careers.acme.co.uk"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("http://MÜNCHEN.de.", "xn--mnchen-3ya.de"),
        ("\uff41cme\uff0ecom", "acme.com"),
        ("kitehive-zürich3.example", "xn--kitehive-zrich3-8vb.example"),
        ("www.com", "www.com"),
        ("linkedin.com", "linkedin.com"),
    ],
)
def test_a_field_names_the_host_of_a_company_in_one_spelling(field: str, site: str) -> None:
    assert site_of(field) == site


@pytest.mark.parametrize(
    "field",
    [
        None, "", "  ", "n/a", "none", "-", "Acme Inc", "tel:123", "javascript:alert(1)", "acme", "*.acme.com",
        "acme..com", "acme_x.com", "a" * 64 + ".com", "x." * 200 + "com",
    ],
)  # fmt: skip
def test_what_is_no_host_is_none(field: str | None) -> None:
    assert site_of(field) is None


@pytest.mark.parametrize(
    "field",
    [
        "http://127.0.0.1", "127.1", "2130706433", "http://0x7f000001/", "0x7f.0x0.0x0.0x1", "017700000001",
        "0177.0.0.1", "[::1]", "http://[::ffff:10.0.0.1]/", "http://[fe80::1%25eth0]/", "\uff11\uff12\uff17.0.0.1",
        "127。0。0。1",
        "8.8.8.8", "http://169.254.169.254/latest/meta-data",
    ],
)  # fmt: skip
def test_an_ip_address_in_any_notation_is_no_site(field: str) -> None:
    assert site_of(field) is None


@pytest.mark.parametrize(
    "field",
    ["localhost", "vault.service.consul", "kubernetes.default.svc", "db.localhost", "printer.local",
     "metadata.google.internal", "wiki.corp", "nas.lan", "a.test",
     "router.home.arpa", "x.onion", "x.invalid", "intranet"],
)  # fmt: skip
def test_a_name_of_a_private_network_is_no_site(field: str) -> None:
    assert site_of(field) is None


@pytest.mark.parametrize(
    "field",
    ["acme.com:8080", "acme.com:22", "https://u@acme.com/", "user:pw@acme.com", "http://acme.com\\@evil.com",
     "http://acme.com:99999", "http://acme%2ecom/"],
)  # fmt: skip
def test_a_url_that_nobody_should_follow_is_no_site(field: str) -> None:
    assert site_of(field) is None


@pytest.mark.parametrize(
    "field",
    [
        "https://www.linkedin.com/company/acme",
        "facebook.com/acme",
        "x@gmail.com",
        "sales@web.de",
        "gmail.com",
        "https://www.etsy.com/shop/acme",
    ],
)
def test_a_page_on_somebody_elses_site_stands_for_no_company(field: str) -> None:
    assert site_of(field) is None


@given(st.text(max_size=80))
def test_no_text_breaks_it_and_its_answer_is_a_public_name(field: str) -> None:
    site = site_of(field)
    assert site is None or (public_host(site) == site and site_of(site) == site and "." in site)


@given(st.ip_addresses(), st.sampled_from(["{}", "http://{}/", "[{}]", "http://[{}]:80/x", "{}.", "//{}"]))
def test_no_ip_address_passes(address: ipaddress.IPv4Address | ipaddress.IPv6Address, form: str) -> None:
    assert site_of(form.format(address)) is None


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{:d}", "0x{:x}", "0{:o}", "http://{:d}/", "http://0x{:X}:80/"]))
def test_no_number_passes_as_a_host(number: int, form: str) -> None:
    assert site_of(form.format(number)) is None
