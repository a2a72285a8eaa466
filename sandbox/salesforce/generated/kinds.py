"""The values of a field by its type: what every field has that no object knows better.

Belongs here: one maker of columns per Salesforce type. A draw is cut into a part that decides about null and a part
that decides about the value.
Does not: fields that depend on each other (`companies`, `people` beside this).
"""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from sandbox.salesforce.generated.forms import moments
from sandbox.salesforce.org import Field
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import choices, decimals, drawn, fixed, kept
from sandbox.world.makers import drawn_from, phones, references
from sandbox.world.names import SLUGS
from sandbox.world.texts import PARAGRAPHS, POOL, SENTENCES, pool
from sandbox.world.timeline import BEGIN, DAY, dates

_NOTES = pool(SENTENCES, nulls=0.10, awkward=0.06)
_LONG_NOTES = pool(PARAGRAPHS, nulls=0.30, awkward=0.06, seed=2)
_STAFF = choices([f"{slug}@staff.example" for slug in SLUGS])


def kind(field: Field) -> Column:
    """Return the maker of a field's values, by its type."""
    if field.external_id:
        return _external_ids(field)
    return _KINDS[field.type](field)


def whole_numbers(name: str, below: int, nulls: int = 2) -> Column:
    """Return a maker of integers from 0, `nulls` of 16 null."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(name)
        return pa.array((draws >> 4) % below, mask=draws & 15 < nulls)

    return make


def _external_ids(field: Field) -> Column:
    prefix = f"{field.name[0]}-"
    return lambda batch: kept(fixed(prefix, decimals(batch.indexes, 9)), batch.draws(field.name) & 31 > 0)


def _text(field: Field) -> Column:
    return drawn_from(field.name, [text and text[: field.length].strip("\r\n") for text in _NOTES])


def _textarea(field: Field) -> Column:
    return drawn_from(field.name, [text and text[: field.length] for text in _LONG_NOTES])


def _picklist(field: Field) -> Column:
    nulls = POOL // 8 if field.nillable else 0
    values = field.picklist
    return drawn_from(field.name, [None] * nulls + [values[place % len(values)] for place in range(POOL - nulls)])


def _multipicklist(field: Field) -> Column:
    values = field.picklist
    subsets = [[value for bit, value in enumerate(values) if mask >> bit & 1] for mask in range(1 << len(values))]
    return drawn_from(field.name, [";".join(subset) for subset in subsets])


def _checkbox(field: Field) -> Column:
    return lambda batch: pa.array(batch.draws(field.name) % 4 == 0)


def _integer(field: Field) -> Column:
    return whole_numbers(field.name, 100_000)


def _decimal(field: Field) -> Column:
    """Make numbers with the field's scale; one in 32 is negative."""
    parts = 10**field.scale
    below = 10_000 if field.type == "percent" else 100_000_000 if field.type == "currency" else 1_000_000

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(field.name)
        signs = np.where(draws & 496, 1, -1)
        return pa.array((draws >> 9) % below * signs / parts, mask=draws & 15 < 2)

    return make


def _date(field: Field) -> Column:
    """Make days around a row's creation: up to 30 before it, up to a year after it."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(field.name)
        days = batch.created // DAY - 30 + (draws >> 4) % 395
        return kept(dates(np.maximum(days, BEGIN // DAY)), draws & 15 > 1)

    return make


def _moment(field: Field) -> Column:
    """Make moments before a row's last change."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(field.name)
        seconds = np.maximum(batch.stamps - (draws >> 4) % 31_536_000, BEGIN)
        return kept(moments(seconds), draws & 15 > 1)

    return make


def _email(field: Field) -> Column:
    return lambda batch: drawn(_STAFF, batch.draws(field.name))


def _url(field: Field) -> Column:
    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(field.name)
        return kept(fixed("https://maps.example/v/", decimals(draws >> 4, 9), "?a=1&b=%20"), draws & 15 > 1)

    return make


def _reference(field: Field) -> Column:
    return references(field.name, field.reference_to[0], 4 if field.nillable else 0)


_KINDS: Mapping[str, Callable[[Field], Column]] = {
    "string": _text,
    "textarea": _textarea,
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "boolean": _checkbox,
    "int": _integer,
    "double": _decimal,
    "currency": _decimal,
    "percent": _decimal,
    "date": _date,
    "datetime": _moment,
    "email": _email,
    "phone": lambda field: phones(field.name),
    "url": _url,
    "reference": _reference,
}
