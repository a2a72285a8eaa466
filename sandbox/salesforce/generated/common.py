"""Columns that several objects share: identity and audit, addresses, names of people.

Belongs here: fields that depend on each other inside one row. Does not: what only one object has.
"""

from collections.abc import Mapping

import pyarrow as pa

from sandbox.salesforce.generated.forms import moments
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import kept, pc
from sandbox.world.inhabitants import address, first_names, full_names, last_names, mail_addresses
from sandbox.world.makers import drawn_from, references
from sandbox.world.names import DEPARTMENTS, TITLES
from sandbox.world.texts import pool
from sandbox.world.timeline import DAY, dates


def _master_record(batch: Batch) -> pa.Array:
    """Say who won: every second deleted row lost a merge against its neighbour."""
    population, indexes = batch.population, batch.indexes
    lost = population.deleted(indexes) & (batch.draws("MasterRecordId") & 1 > 0)
    return kept(population.texts_of(indexes - lost), lost)


COMMON: Mapping[str, Column] = {
    "Id": lambda batch: batch.population.texts_of(batch.indexes),
    "IsDeleted": lambda batch: pa.array(batch.population.deleted(batch.indexes)),
    "MasterRecordId": _master_record,
    "CreatedDate": lambda batch: moments(batch.created),
    "CreatedById": references("CreatedById", "User", nulls=0),
    "LastModifiedDate": lambda batch: moments(batch.modified),
    "LastModifiedById": references("LastModifiedById", "User", nulls=0),
    "SystemModstamp": lambda batch: moments(batch.stamps),
    "LastActivityDate": lambda batch: kept(dates(batch.modified // DAY), batch.draws("LastActivityDate") & 3 > 0),
    "Title": drawn_from("Title", pool(TITLES, nulls=0.1, awkward=0.02)),
    "Department": drawn_from("Department", pool(DEPARTMENTS, nulls=0.2, awkward=0.02)),
    "Division": drawn_from("Division", pool(DEPARTMENTS, nulls=0.4)),
    "CompanyName": drawn_from("CompanyName", ["Nimbus Works"]),
}
"""What fields of these names hold, on whichever object."""


def postal_address(prefix: str = "") -> dict[str, Column]:
    """Return the columns of an address, and the compound of them."""
    purpose = f"{prefix}Address"
    names = [f"{prefix}{part}" for part in ("Street", "City", "State", "PostalCode", "Country")]

    def whole(batch: Batch) -> pa.Array:
        parts = [batch.column(name) for name in names]
        keys = ["street", "city", "state", "postalCode", "country"]
        return pa.StructArray.from_arrays(parts, keys, mask=parts[-1].is_null())

    return {purpose: whole, **address(purpose, names)}


def person(domain: str) -> dict[str, Column]:
    """Return the columns of a person: the parts of the name, the name, and the e-mail address made from it."""

    def whole(batch: Batch) -> pa.Array:
        return pc.if_else(batch.column("FirstName").is_valid(), full_names(batch), batch.column("LastName"))

    return {"FirstName": first_names, "LastName": last_names, "Name": whole, "Email": mail_addresses(domain)}
