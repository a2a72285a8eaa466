"""Columns that several objects share: identity and audit, addresses, names of people and companies.

Belongs here: fields that depend on each other inside one row. Does not: what only one object has.
"""

from collections.abc import Iterator, Mapping

from sandbox.salesforce.generated.batch import Batch, Column
from sandbox.salesforce.generated.kinds import drawn, references
from sandbox.salesforce.generated.population import DELETED_EVERY
from sandbox.salesforce.org import JsonValue
from sandbox.world.names import (
    COMPANY_ENDS,
    COMPANY_FORMS,
    COMPANY_STARTS,
    DEPARTMENTS,
    FIRST_NAMES,
    FIRST_SLUGS,
    LAST_NAMES,
    LAST_SLUGS,
    PLACES,
    TITLES,
)
from sandbox.world.texts import AWKWARD, pool
from sandbox.world.timeline import BEGIN, DAYS, datetimes

_STARTS, _ENDS, _FORMS = len(COMPANY_STARTS), len(COMPANY_ENDS), len(COMPANY_FORMS)
_FIRSTS, _LASTS = len(FIRST_NAMES), len(LAST_NAMES)
_WEBSITES = (
    "https://www.%s.example",
    "http://%s.example/",
    "www.%s.example",
    "%s.example",
    "HTTPS://%s.EXAMPLE",
)
_SECOND_LINES = ("\nSuite 400", *[""] * 15)


def _deleted(batch: Batch) -> list[JsonValue]:
    residue = batch.population.residue
    return [index % DELETED_EVERY == residue for index in batch.indexes]


def _master_record(batch: Batch) -> list[JsonValue]:
    """Say who won: every second deleted row lost a merge against its neighbour."""
    population = batch.population
    return [
        population.ids.id18(index - 1) if draw & 1 and population.is_deleted(index) else None
        for draw, index in zip(batch.draws("MasterRecordId"), batch.indexes, strict=True)
    ]


def _last_activity(batch: Batch) -> list[JsonValue]:
    times = zip(batch.draws("LastActivityDate"), batch.modified, strict=True)
    return [DAYS[(modified - BEGIN) // 86_400] if draw & 3 else None for draw, modified in times]


COMMON: Mapping[str, Column] = {
    "Id": lambda batch: batch.population.ids.ids18(batch.indexes),
    "IsDeleted": _deleted,
    "MasterRecordId": _master_record,
    "CreatedDate": lambda batch: datetimes(batch.created),
    "CreatedById": references("CreatedById", "User", nulls=0),
    "LastModifiedDate": lambda batch: datetimes(batch.modified),
    "LastModifiedById": references("LastModifiedById", "User", nulls=0),
    "SystemModstamp": lambda batch: datetimes(batch.stamps),
    "LastActivityDate": _last_activity,
    "Title": drawn("Title", pool(TITLES, nulls=0.1, awkward=0.02)),
    "Department": drawn("Department", pool(DEPARTMENTS, nulls=0.2, awkward=0.02)),
    "Division": drawn("Division", pool(DEPARTMENTS, nulls=0.4)),
    "CompanyName": drawn("CompanyName", ["Nimbus Works"]),
}
"""What fields of these names hold, on whichever object."""


def address(prefix: str = "") -> dict[str, Column]:
    """Return the columns of an address; one in 8 has none, one street in 16 has two lines."""
    purpose = f"{prefix}Address"
    names = [f"{prefix}{part}" for part in ("Street", "City", "State", "PostalCode", "Country")]

    def part(place: int) -> Column:
        return lambda batch: [
            PLACES[(draw >> 3) % len(PLACES)][place] or None if draw & 7 else None for draw in batch.draws(purpose)
        ]

    def street(batch: Batch) -> list[JsonValue]:
        return [
            f"{draw >> 12 & 1023} {PLACES[(draw >> 3) % len(PLACES)][0]}{_SECOND_LINES[draw >> 22 & 15]}"
            if draw & 7
            else None
            for draw in batch.draws(purpose)
        ]

    def whole(batch: Batch) -> list[JsonValue]:
        keys = ("street", "city", "state", "postalCode", "country")
        columns = ([None if value is None else str(value) for value in batch.column(name)] for name in names)
        rows = zip(*columns, strict=True)
        return [dict(zip(keys, row, strict=True)) if row[-1] is not None else None for row in rows]

    return {purpose: whole, names[0]: street, **{names[place]: part(place) for place in range(1, 5)}}


def person(domain: str) -> dict[str, Column]:
    """Return the columns of a person: the parts of the name, the name, and the e-mail address made from it."""

    def first(batch: Batch) -> list[JsonValue]:
        return [FIRST_NAMES[draw % _FIRSTS] if draw >> 20 & 31 else None for draw in batch.draws("Name")]

    def last(batch: Batch) -> list[JsonValue]:
        return [LAST_NAMES[draw // _FIRSTS % _LASTS] for draw in batch.draws("Name")]

    def whole(batch: Batch) -> list[JsonValue]:
        names = zip(batch.column("FirstName"), batch.column("LastName"), strict=True)
        return [f"{given} {family}" if given else family for given, family in names]

    return {
        "FirstName": first,
        "LastName": last,
        "Name": whole,
        "Email": lambda batch: [
            mail if draw >> 25 & 7 else None
            for draw, mail in zip(batch.draws("Name"), addresses(batch, domain), strict=True)
        ],
    }


def addresses(batch: Batch, domain: str) -> Iterator[str]:
    """Yield an e-mail address for each row; every second one is shared by two, as duplicates are."""
    for draw, index in zip(batch.draws("Name"), batch.indexes, strict=True):
        yield f"{FIRST_SLUGS[draw % _FIRSTS]}.{LAST_SLUGS[draw // _FIRSTS % _LASTS]}{index}@{domain}"


def company_names(purpose: str) -> Column:
    """Return the column of company names; one in 64 is one of the awkward texts."""
    return lambda batch: [
        f"{COMPANY_STARTS[draw % _STARTS]}{COMPANY_ENDS[draw // _STARTS % _ENDS]}{COMPANY_FORMS[(draw >> 22) % _FORMS]}"
        if draw >> 14 & 63
        else AWKWARD[(draw >> 22) % len(AWKWARD)]
        for draw in batch.draws(purpose)
    ]


def websites(purpose: str) -> Column:
    """Return the column of web sites that belong to `company_names` of the same purpose."""
    return lambda batch: [
        _WEBSITES[(draw >> 24) % 5] % f"{COMPANY_STARTS[draw % _STARTS]}{COMPANY_ENDS[draw // _STARTS % _ENDS]}".lower()
        if draw >> 28 & 7
        else None
        for draw in batch.draws(purpose)
    ]
