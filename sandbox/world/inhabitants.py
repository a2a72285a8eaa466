"""People, companies and addresses as columns, whose parts depend on each other inside one row.

Belongs here: names with their e-mail addresses, companies with their web sites, streets in their cities.
Does not: what a vendor calls the fields.
"""

from collections.abc import Sequence

import pyarrow as pa

from sandbox.world.batch import Batch, Column
from sandbox.world.columns import choices, drawn, joined, kept, pc
from sandbox.world.hashing import Ints
from sandbox.world.names import (
    COMPANY_NAMES,
    COMPANY_SLUGS,
    FIRST_NAMES,
    FULL_NAMES,
    LAST_NAMES,
    NO_SITES,
    PLACES,
    SITE_FORMS,
    SLUGS,
    STREETS,
    TRADES,
)
from sandbox.world.texts import AWKWARD

_FIRST_NAMES, _LAST_NAMES, _FULL_NAMES = choices(FIRST_NAMES), choices(LAST_NAMES), choices(FULL_NAMES)
_FIRSTS, _PEOPLE = len(FIRST_NAMES), len(FULL_NAMES)
_SLUGS = choices(SLUGS)
_PLACES = [choices([place[part] for place in PLACES]) for part in range(5)]
_STREETS = choices(STREETS)
_COMPANY_NAMES, _COMPANY_SLUGS, _AWKWARD = choices(COMPANY_NAMES), choices(COMPANY_SLUGS), choices(AWKWARD)
_TRADES, _NO_SITES = choices([f"-{trade}" for trade in TRADES]), choices(NO_SITES)
_SITE_STARTS, _SITE_ENDS = (pa.array([form[part] for form in SITE_FORMS]) for part in (0, 1))


def address(purpose: str, names: Sequence[str]) -> dict[str, Column]:
    """Return the columns of an address; one in 8 has none, one street in 16 has two lines.

    Args:
        purpose: Whose draws decide.
        names: Of street, city, state, postal code and country.
    """

    def part(pool: pa.Array) -> Column:
        return lambda batch: kept(drawn(pool, batch.draws(purpose) >> 3), batch.draws(purpose) & 7 > 0)

    # The pool of streets begins again every 16, as places do, so a street is in its city.
    return {name: part(pool) for name, pool in zip(names, (_STREETS, *_PLACES[1:]), strict=True)}


def first_names(batch: Batch) -> pa.Array:
    """Return the column of first names; one in 32 has none."""
    draws = batch.draws("Name")
    return kept(drawn(_FIRST_NAMES, draws % _PEOPLE), draws >> 20 & 31 > 0)


def last_names(batch: Batch) -> pa.Array:
    """Return the column of last names."""
    return drawn(_LAST_NAMES, batch.draws("Name") % _PEOPLE // _FIRSTS)


def full_names(batch: Batch) -> pa.Array:
    """Return first and last names in one, as if everyone had both."""
    return drawn(_FULL_NAMES, batch.draws("Name"))


def mail_addresses(domain: str) -> Column:
    """Return the column of the e-mail addresses that go with the names; one in 8 has none."""
    return lambda batch: kept(addresses(batch, domain), batch.draws("Name") >> 25 & 7 > 0)


def addresses(batch: Batch, domain: str) -> pa.Array:
    """Return an e-mail address for each row."""
    return joined(drawn(_SLUGS, batch.draws("Name")), pa.array(batch.indexes).cast(pa.string()), f"@{domain}")


def company_names(purpose: str) -> Column:
    """Return the column of company names; one in 64 is one of the awkward texts."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(purpose)
        names, odd = drawn(_COMPANY_NAMES, draws), drawn(_AWKWARD, draws >> 22)
        return pc.if_else(pa.array(draws >> 40 & 63 > 0), names, odd)

    return make


def websites(purpose: str) -> Column:
    """Return the column of web sites that belong to `company_names` of the same purpose.

    One in 8 has none, one in 32 holds what is no site, one in 16 shares that of all companies of its name.
    """

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(purpose)
        parts = (drawn(_SITE_STARTS, draws >> 31), drawn(_COMPANY_SLUGS, draws), _site_tags(batch.indexes, draws >> 46))
        sites = joined(*parts, drawn(_SITE_ENDS, draws >> 31))
        sites = pc.if_else(pa.array(draws >> 35 & 31 > 0), sites, drawn(_NO_SITES, draws >> 10))
        return kept(sites, draws >> 28 & 7 > 0)

    return make


def _site_tags(indexes: Ints, draws: Ints) -> pa.Array:
    """Return what tells the sites of companies of one name apart: a word, later a word and a number."""
    rounds = indexes // len(TRADES)
    numbers = pc.if_else(pa.array(rounds > 0), pa.array(rounds).cast(pa.string()), "")
    return pc.if_else(pa.array(draws & 15 > 0), joined(drawn(_TRADES, indexes), numbers), "")
