"""Any fact that a sentence of the sandbox's sites can state, for tests with hypothesis."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from sandbox.sites import vocabulary as known
from sandbox.sites.facts import Fact, fact

DAYS = st.dates(date(2019, 1, 1), date(2027, 12, 31)).map(date.isoformat)
COMPANIES = st.sampled_from(known.COMPANIES)
INVESTORS = st.sampled_from(known.INVESTORS)
ROUNDS = st.sampled_from(known.ROUNDS)
LANGUAGES = st.sampled_from(known.LANGUAGES)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


@st.composite
def technologies(draw: st.DrawFn) -> Fact:
    product = draw(st.sampled_from(sorted(known.PRODUCTS)))
    vendor, category = known.PRODUCTS[product]
    return fact("technology", product=product, vendor=vendor, category=category)


@st.composite
def hires(draw: st.DrawFn) -> Fact:
    title = draw(st.sampled_from(sorted(known.TITLES)))
    return fact(
        "hire",
        person=draw(st.sampled_from(known.PEOPLE)),
        title=title,
        seniority=known.TITLES[title],
        start_date=draw(maybe(DAYS)),
        previous_company=draw(maybe(COMPANIES)),
    )


@st.composite
def openings(draw: st.DrawFn) -> Fact:
    department = draw(st.sampled_from(sorted(known.DEPARTMENTS)))
    roles = draw(st.lists(st.sampled_from(known.ROLES[department]), max_size=3, unique=True))
    return fact(
        "opening",
        department=department,
        open_roles=draw(st.integers(1, 999)),
        roles=", ".join(roles) or None,
    )


@st.composite
def fundings(draw: st.DrawFn) -> Fact:
    return fact(
        "funding",
        round=draw(ROUNDS),
        amount=100_000 * draw(st.integers(1, 9_999)),
        currency=draw(st.sampled_from(known.CURRENCIES)),
        announced_on=draw(maybe(DAYS)),
        lead_investor=draw(maybe(INVESTORS)),
    )


@st.composite
def news(draw: st.DrawFn) -> Fact:
    type_ = draw(st.sampled_from(sorted(known.SUMMARIES)))
    topics = {
        "product_launch": known.LAUNCHES,
        "acquisition": known.COMPANIES,
        "expansion": sorted(known.CITIES),
        "award": known.AWARDS,
    }
    topic = draw(st.sampled_from(topics[type_]))
    summary = known.SUMMARIES[type_].format(topic=topic)
    return fact("news", type=type_, summary=summary, published_on=draw(maybe(DAYS)))


@st.composite
def others(draw: st.DrawFn) -> Fact:
    city = draw(st.sampled_from(sorted(known.CITIES)))
    return draw(
        st.sampled_from(
            [
                fact("office", city=city, country=known.CITIES[city]),
                fact("partner", partner=draw(COMPANIES)),
                fact("certification", certification=draw(st.sampled_from(known.CERTIFICATIONS))),
                fact("customer", customer=draw(COMPANIES)),
                fact("investor", investor=draw(INVESTORS), round=draw(maybe(ROUNDS))),
            ]
        )
    )


FACTS = technologies() | hires() | openings() | fundings() | news() | others()
