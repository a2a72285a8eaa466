"""The header that tells an org's allowance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.salesforce.allowance import org_usage

per_app = st.from_regex(r"per-app-api-usage=[0-9]{1,5}/[0-9]{1,5}\(appName=[a-z ]{1,8}\)", fullmatch=True)


@given(st.integers(0, 10**7), st.integers(1, 10**7), st.lists(per_app, max_size=2), st.booleans())
def test_the_orgs_own_usage_is_found_wherever_it_stands(used: int, limit: int, others: list[str], last: bool) -> None:
    own = f"api-usage={used}/{limit}"
    header = "; ".join([*others, own] if last else [own, *others])
    assert org_usage(header) == (used, limit)


@pytest.mark.parametrize("header", ["", "per-app-api-usage=17/250(appName=x)", "api-usage=", "api-usage=x/y"])
def test_a_header_without_it_says_nothing(header: str) -> None:
    assert org_usage(header) is None
