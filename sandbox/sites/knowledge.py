"""What holds of a company, and what is said near it that does not: drawn from its host name.

Belongs here: facts and traps, how many, that none contradicts another; what becomes known on a later day.
Does not: sentences, pages.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from sandbox.sites import vocabulary as known
from sandbox.sites.facts import Fact, fact
from sandbox.sites.manners import Manners

LAST_DAY = date(2026, 6, 30)
"""Day 0 of every site; what a site says later is dated later."""

_OLDEST_DAYS = 720
_CHANGES_EVERY = 20
"""On any day one site of so many has news."""

_HOW_MANY: Mapping[str, Sequence[int]] = {
    "technology": (0, 0, 1, 2, 3, 4),
    "hire": (0, 0, 1, 2),
    "investor": (0, 0, 1, 2, 3),
    "opening": (0, 1, 1, 2, 3),
    "funding": (0, 0, 1),
    "news": (0, 0, 1, 2, 3),
    "office": (0, 1),
    "partner": (0, 0, 1),
    "certification": (0, 0, 1),
    "customer": (0, 1),
}
_TRAPS = 0.25
"""The chance of each of two traps for each kind: one that is denied or past, one about another company."""

_TOPICS: Mapping[str, Sequence[str]] = {
    "product_launch": known.LAUNCHES,
    "acquisition": known.COMPANIES,
    "expansion": sorted(known.CITIES),
    "award": known.AWARDS,
}


def knowledge(manners: Manners) -> list[tuple[date, Fact]]:
    """Return the facts and traps of a site on day 0, each with the day on which it became known."""
    chance = manners.chance("facts")
    return [each for kind in _HOW_MANY for each in _of_kind(kind, chance)]


def later(manners: Manners, day: int) -> Iterator[tuple[date, Fact]]:
    """Yield what became known of a company after day 0, up to the day of a number."""
    for number in range(1, day + 1):
        chance = manners.chance(f"day {number}")
        if not chance.randrange(_CHANGES_EVERY):
            kind = chance.choice(("hire", "funding", "news", "technology"))
            known_on = LAST_DAY + timedelta(number)
            yield known_on, _MAKERS[kind](chance, known_on)


def _of_kind(kind: str, chance: Random) -> Iterator[tuple[date, Fact]]:
    count = chance.choice(_HOW_MANY[kind])
    seen: set[object] = set()
    while len(seen) < count + 2:
        day = LAST_DAY - timedelta(chance.randrange(_OLDEST_DAYS))
        made = _MAKERS[kind](chance, day)
        main = _main(made)
        if main not in seen:
            seen.add(main)
            if len(seen) <= count:
                yield day, made
            elif chance.random() < _TRAPS:
                yield day, _trapped(made, chance, past=len(seen) == count + 1)


def _main(made: Fact) -> object:
    """Return what tells two facts of a kind apart, so that no trap contradicts a fact."""
    return made.values["summary"] if made.kind == "news" else next(iter(made.values.values()))


def _trapped(made: Fact, chance: Random, *, past: bool) -> Fact:
    return replace(made, past=True) if past else replace(made, subject=chance.choice(known.COMPANIES))


def _maybe(chance: Random, value: str) -> str | None:
    return value if chance.random() < 0.6 else None


def _technology(chance: Random, _: date) -> Fact:
    product = chance.choice(sorted(known.PRODUCTS))
    vendor, category = known.PRODUCTS[product]
    return fact("technology", vendor=vendor, product=product, category=category)


def _hire(chance: Random, day: date) -> Fact:
    title = chance.choice(sorted(known.TITLES))
    return fact(
        "hire",
        person=chance.choice(known.PEOPLE),
        title=title,
        seniority=known.TITLES[title],
        start_date=_maybe(chance, (day - timedelta(chance.randrange(30))).isoformat()),
        previous_company=_maybe(chance, chance.choice(known.COMPANIES)),
    )


def _investor(chance: Random, _: date) -> Fact:
    return fact("investor", investor=chance.choice(known.INVESTORS), round=_maybe(chance, chance.choice(known.ROUNDS)))


def _opening(chance: Random, _: date) -> Fact:
    department = chance.choice(sorted(known.DEPARTMENTS))
    roles = chance.sample(known.ROLES[department], chance.randrange(3))
    return fact("opening", department=department, open_roles=1 + chance.randrange(12), roles=", ".join(roles) or None)


def _funding(chance: Random, day: date) -> Fact:
    return fact(
        "funding",
        round=chance.choice(known.ROUNDS),
        amount=(5 + chance.randrange(1_200)) * 100_000,
        currency=chance.choice(known.CURRENCIES),
        announced_on=_maybe(chance, day.isoformat()),
        lead_investor=_maybe(chance, chance.choice(known.INVESTORS)),
    )


def _news(chance: Random, day: date) -> Fact:
    type_ = chance.choice(sorted(known.SUMMARIES))
    summary = known.SUMMARIES[type_].format(topic=chance.choice(_TOPICS[type_]))
    return fact("news", type=type_, summary=summary, published_on=_maybe(chance, day.isoformat()))


def _office(chance: Random, _: date) -> Fact:
    city = chance.choice(sorted(known.CITIES))
    return fact("office", city=city, country=known.CITIES[city])


_MAKERS: Mapping[str, Callable[[Random, date], Fact]] = {
    "technology": _technology,
    "hire": _hire,
    "investor": _investor,
    "opening": _opening,
    "funding": _funding,
    "news": _news,
    "office": _office,
    "partner": lambda chance, _: fact("partner", partner=chance.choice(known.COMPANIES)),
    "certification": lambda chance, _: fact("certification", certification=chance.choice(known.CERTIFICATIONS)),
    "customer": lambda chance, _: fact("customer", customer=chance.choice(known.COMPANIES)),
}
