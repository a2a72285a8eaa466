"""Which queries Bulk API takes, and how large their results are.

Belongs here: refusals that hold for bulk jobs only. Does not: those of every query (`sandbox.salesforce.soql`).
"""

from sandbox.salesforce.org import Org, Query, SoqlError

_NOT_IN_BULK = {"address", "location", "base64"}


def admit(org: Org, soql: str, *, include_deleted: bool) -> Query:
    """Return the query of a new job.

    Raises:
        SoqlError: As for any query; INVALIDENTITY, API_ERROR and FEATURENOTENABLED for what only REST can answer.
    """
    if not soql.strip():
        raise SoqlError("MALFORMED_QUERY", "A query string has to be specified")
    query = org.query(soql, include_deleted=include_deleted)
    if query.is_count:
        raise SoqlError("API_ERROR", "Aggregate functions not supported in Bulk Query")
    sobject = org.sobject(query.sobject)
    if not sobject.bulkable:
        raise SoqlError("INVALIDENTITY", f"Entity '{sobject.name}' is not supported by the Bulk API.")
    if any(field.type in _NOT_IN_BULK and field.name in query.columns for field in sobject.fields):
        raise SoqlError("API_ERROR", "Selecting compound data not supported in Bulk Query")
    return query


def measure(query: Query) -> tuple[int, str | None]:
    """Return the rows of a query's result, and why it cannot be processed, or None.

    Arithmetic for windows of Id and SystemModstamp; else the object is scanned, or sorted.
    """
    try:
        query.page(None, 1)
    except SoqlError as error:
        return 0, str(error)
    return query.total_size, None
