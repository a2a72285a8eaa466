"""Which fields a client may write, and when.

Belongs here: what holds for every field of a kind. Does not: the fields (`sandbox.salesforce.schema`), the words of
describe (`sandbox.salesforce.http.describe`).
"""

from sandbox.salesforce.org import Field

SYSTEM_FIELDS = frozenset(
    (
        *("Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"),
        *("SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate", "MasterRecordId"),
        "PhotoUrl",
    )
)
"""What Salesforce keeps of every record."""


def createable(field: Field) -> bool:
    """Return whether a client may say it when it makes a record."""
    kept = field.calculated or field.read_only or field.name in SYSTEM_FIELDS
    return not kept and field.type not in {"address", "location"}


def updateable(field: Field) -> bool:
    """Return whether a client may change it."""
    return createable(field) and not field.fixed
