"""The values of a property by its type: what every property has that no object knows better.

Belongs here: one maker of columns per HubSpot type. A draw is cut into a part that decides about null and a part that
decides about the value.
Does not: properties that depend on each other (`companies`, `people`, `activities` beside this).
"""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from sandbox.hubspot.generated.forms import moments, whole
from sandbox.hubspot.model import Property
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import decimals, fixed, joined, kept, pc
from sandbox.world.makers import drawn_from, phones
from sandbox.world.texts import PARAGRAPHS, POOL, SENTENCES, pool
from sandbox.world.timeline import BEGIN, DAY, dates

_NOTES = pool(SENTENCES, nulls=0.10, awkward=0.06, seed=3)
_LONG_NOTES = pool(PARAGRAPHS, nulls=0.30, awkward=0.06, seed=4)
_HTML = [f"<p>{text}</p>\n<p><strong>Next</strong> &amp; more: &quot;…&quot;</p>" for text in PARAGRAPHS[:200]]
_DOCUMENTS = (
    '{"score": 12, "tags": ["a", "b"], "at": "2026-01-02T03:04:05Z"}', "{}", "[]", '{"deep": {"er": [1, 2.50, null]}}',
    '["two\\nlines", "quote \\" here"]', '{"emoji": "🚀", "umlaut": "ü"}', "null", '"NA"', "1.0",
)  # fmt: skip

_DECIMALS = pa.array([*(f".{number:02}" for number in range(100)), *[""] * 100])


def kind(made: Property) -> Column:
    """Return the maker of a property's values, by its type."""
    if made.unique:
        return _unique(made)
    return _KINDS[made.type](made)


def counts(name: str, below: int, nulls: int = 2, each: int = 1) -> Column:
    """Return a maker of whole numbers from 0 in steps of `each`, `nulls` of 16 null."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(name)
        return kept(whole((draws >> 4) % below * each), draws & 15 >= nulls)

    return make


def around(name: str, since: int, days: int, nulls: int = 2) -> Column:
    """Return a maker of moments from `since` days after a row's creation, within so many days; `nulls` of 16 null."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(name)
        offsets = (draws >> 4) % (days * DAY * 1_000) + since * DAY * 1_000
        return moments(np.maximum(batch.created + offsets, BEGIN * 1_000), draws & 15 >= nulls)

    return make


def _unique(made: Property) -> Column:
    """Write the row into the value, so that the value leads back to its row."""
    prefix = f"{made.name[0].upper()}-"
    return lambda batch: kept(fixed(prefix, decimals(batch.indexes, 9)), batch.draws(made.name) & 31 > 0)


def _text(made: Property) -> Column:
    if made.field_type == "phonenumber":
        return phones(made.name)
    if made.field_type == "html":
        return drawn_from(made.name, pool(_HTML, nulls=0.2, awkward=0.04, seed=5))
    return drawn_from(made.name, _LONG_NOTES if made.field_type == "textarea" else _NOTES)


def _number(made: Property) -> Column:
    """Make half of the numbers whole, half with two decimals; one in 32 negative, one in 256 in powers of ten."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(made.name)
        above = whole((draws >> 10) % 100_000 * np.where(draws & 496, 1, -1))
        texts = joined(above, _DECIMALS.take(pa.array((draws >> 30) % len(_DECIMALS))))
        texts = pc.if_else(pa.array(draws >> 40 & 255 > 0), texts, "1.5E7")
        return kept(texts, draws & 15 > 1)

    return make


def _flag(made: Property) -> Column:
    return drawn_from(made.name, ["true", "false", "false", "false", None])


def _enumeration(made: Property) -> Column:
    """Draw one of the options, or several; the merged ids and the like have neither options nor values."""
    options = made.options
    if made.field_type != "checkbox":
        nulls = POOL // 8 if options else POOL
        return drawn_from(made.name, [None] * nulls + [options[n % len(options)] for n in range(POOL - nulls)])
    subsets = [[option for bit, option in enumerate(options) if mask >> bit & 1] for mask in range(1 << len(options))]
    return drawn_from(made.name, [";".join(subset) for subset in subsets])


def _day(made: Property) -> Column:
    """Make days around a row's creation: up to 30 before it, up to a year after it."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(made.name)
        days = batch.created // (DAY * 1_000) - 30 + (draws >> 4) % 395
        return kept(dates(days), draws & 15 > 1)

    return make


def _coordinates(made: Property) -> Column:
    """Name a contact: type 0-1."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(made.name)
        return kept(joined("0-1-", batch.world["contacts"].live_ids(draws >> 4)), draws & 15 > 3)

    return make


_KINDS: Mapping[str, Callable[[Property], Column]] = {
    "string": _text,
    "number": _number,
    "bool": _flag,
    "enumeration": _enumeration,
    "date": _day,
    "datetime": lambda made: around(made.name, -300, 400),
    "phone_number": lambda made: phones(made.name),
    "json": lambda made: drawn_from(made.name, [*_DOCUMENTS, None, None]),
    "object_coordinates": _coordinates,
}
