"""The values of a field by its type: what every field has that no object knows better.

Belongs here: one maker of columns per Salesforce type. A draw is cut into a part that decides about null and a part
that decides about the value.
Does not: fields that depend on each other (`companies`, `people` beside this).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress

from sandbox.salesforce.generated.batch import Batch, Column
from sandbox.salesforce.org import Field, JsonValue
from sandbox.world.names import FIRST_SLUGS, LAST_SLUGS, PHONES
from sandbox.world.texts import PARAGRAPHS, POOL, SENTENCES, pool
from sandbox.world.timeline import BEGIN, DAYS, datetimes

_DAY = 86_400
_NOTES = pool(SENTENCES, nulls=0.10, awkward=0.04)
_LONG_NOTES = pool(PARAGRAPHS, nulls=0.30, awkward=0.03, seed=2)


def kind(field: Field) -> Column:
    """Return the maker of a field's values, by its type."""
    if field.external_id:
        return _external_ids(field)
    return _KINDS[field.type](field)


def drawn(name: str, texts: Sequence[JsonValue]) -> Column:
    """Return a maker that draws from a list."""
    size = len(texts)
    return lambda batch: [texts[draw % size] for draw in batch.draws(name)]


def references(name: str, target: str, nulls: int) -> Column:
    """Return a maker of ids of live rows of another object, `nulls` of 16 null."""

    def make(batch: Batch) -> list[JsonValue]:
        draws = batch.draws(name)
        ids = iter(batch.world.populations[target].live_ids(draw >> 4 for draw in draws if draw & 15 >= nulls))
        return [next(ids) if draw & 15 >= nulls else None for draw in draws]

    return make


def earlier_rows(name: str, nulls: int) -> Column:
    """Return a maker of ids of live rows of the same object that come before: trees without cycles."""

    def make(batch: Batch) -> list[JsonValue]:
        draws = batch.draws(name)
        chosen = [draw & 15 >= nulls and index > 0 for draw, index in zip(draws, batch.indexes, strict=True)]
        pairs = compress(zip(draws, batch.indexes, strict=True), chosen)
        ids = iter(batch.population.live_ids((draw >> 4) % index for draw, index in pairs))
        return [next(ids) if has else None for has in chosen]

    return make


def whole_numbers(name: str, below: int, nulls: int = 2) -> Column:
    """Return a maker of integers from 0, `nulls` of 16 null."""
    return lambda batch: [(draw >> 4) % below if draw & 15 >= nulls else None for draw in batch.draws(name)]


def _external_ids(field: Field) -> Column:
    prefix = field.name[0]
    return lambda batch: [
        f"{prefix}-{index:09}" if draw & 31 else None
        for index, draw in zip(batch.indexes, batch.draws(field.name), strict=True)
    ]


def _text(field: Field) -> Column:
    return drawn(field.name, [text and text[: field.length].strip("\r\n") for text in _NOTES])


def _textarea(field: Field) -> Column:
    return drawn(field.name, [text and text[: field.length] for text in _LONG_NOTES])


def _picklist(field: Field) -> Column:
    nulls = POOL // 8 if field.nillable else 0
    values = field.picklist
    return drawn(field.name, [None] * nulls + [values[place % len(values)] for place in range(POOL - nulls)])


def _multipicklist(field: Field) -> Column:
    values = field.picklist
    subsets = [[value for bit, value in enumerate(values) if mask >> bit & 1] for mask in range(1 << len(values))]
    return drawn(field.name, [";".join(subset) or None for subset in subsets])


def _checkbox(field: Field) -> Column:
    return lambda batch: [draw % 4 == 0 for draw in batch.draws(field.name)]


def _integer(field: Field) -> Column:
    return whole_numbers(field.name, 100_000)


def _decimal(field: Field) -> Column:
    """Make numbers with the field's scale; one in 32 is negative."""
    parts, name = float(10**field.scale), field.name
    below = 10_000 if field.type == "percent" else 100_000_000 if field.type == "currency" else 1_000_000
    return lambda batch: [
        None if draw & 15 < 2 else ((draw >> 9) % below if draw & 496 else -((draw >> 9) % below)) / parts
        for draw in batch.draws(name)
    ]


def _date(field: Field) -> Column:
    """Make days around a row's creation: up to 30 before it, up to a year after it."""
    return lambda batch: [
        DAYS[max((created - BEGIN) // _DAY - 30 + (draw >> 4) % 395, 0)] if draw & 15 > 1 else None
        for draw, created in zip(batch.draws(field.name), batch.created, strict=True)
    ]


def _moment(field: Field) -> Column:
    """Make moments before a row's last change."""

    def make(batch: Batch) -> list[JsonValue]:
        draws = batch.draws(field.name)
        seconds = [
            max(stamp - (draw >> 4) % 31_536_000, BEGIN) for draw, stamp in zip(draws, batch.stamps, strict=True)
        ]
        texts = datetimes(seconds)
        return [text if draw & 15 > 1 else None for draw, text in zip(draws, texts, strict=True)]

    return make


def _email(field: Field) -> Column:
    firsts, lasts = len(FIRST_SLUGS), len(LAST_SLUGS)
    return lambda batch: [
        f"{FIRST_SLUGS[draw % firsts]}.{LAST_SLUGS[draw // firsts % lasts]}@staff.example"
        for draw in batch.draws(field.name)
    ]


def _phone(field: Field) -> Column:
    formats = len(PHONES)
    return lambda batch: [
        PHONES[(draw >> 4) % formats] % (200 + (draw >> 10) % 800, (draw >> 20) % 10_000) if draw & 15 > 1 else None
        for draw in batch.draws(field.name)
    ]


def _url(field: Field) -> Column:
    return lambda batch: [
        f"https://maps.example/v/{draw >> 4:x}?a=1&b=%20" if draw & 15 > 1 else None for draw in batch.draws(field.name)
    ]


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
    "phone": _phone,
    "url": _url,
    "reference": _reference,
}
