"""The address book of the API: which handler answers, and the kind under which a call is counted.

Belongs here: addresses, methods, kinds. Does not: letting calls in (`door`), answering them (the handlers).
"""

from sandbox.hubspot.http import (
    account,
    association_writes,
    associations,
    associations_v3,
    batch_writes,
    batches,
    exports,
    groups,
    legacy,
    listing,
    owners,
    pipelines,
    properties,
    schemas,
    searching,
    writes,
)
from sandbox.hubspot.http.addresses import AddressBook, Resource
from sandbox.hubspot.http.asked import Asked
from sandbox.hubspot.model import Refused

_OBJECTS = "/crm/v3/objects/{type}"
_EDGES = _OBJECTS + "/{id}/associations"
_TYPED_EDGE = _EDGES + "/{to}/{other}/{label}"
_EDGES_V3 = "/crm/v3/associations/{from}/{to}"
_EDGES_V4 = "/crm/v4/associations/{from}/{to}"
_PROPERTIES = "/crm/v3/properties/{type}"
_PIPELINES = "/crm/v3/pipelines/{type}"
_EXPORTS = "/crm/v3/exports/export"

API = AddressBook(
    (
        Resource(_OBJECTS, "list", listing.list_records),
        Resource(_OBJECTS + "/batch/read", "batch_read", batches.read, "POST", slow=True),
        Resource(_OBJECTS + "/search", "search", searching.search, "POST", slow=True),
        Resource(_OBJECTS + "/merge", "merge", writes.merge, "POST", slow=True),
        Resource(_OBJECTS + "/gdpr-delete", "write", writes.erase, "POST", slow=True),
        Resource(_OBJECTS, "write", writes.create, "POST", slow=True),
        Resource(_OBJECTS + "/batch/create", "write", batch_writes.create, "POST", slow=True),
        Resource(_OBJECTS + "/batch/update", "write", batch_writes.update, "POST", slow=True),
        Resource(_OBJECTS + "/batch/upsert", "write", batch_writes.upsert, "POST", slow=True),
        Resource(_OBJECTS + "/batch/archive", "write", batches.archive, "POST", slow=True),
        Resource(_OBJECTS + "/{id}", "record", listing.get_record),
        Resource(_OBJECTS + "/{id}", "write", writes.update, "PATCH", slow=True),
        Resource(_OBJECTS + "/{id}", "write", writes.archive, "DELETE", slow=True),
        Resource(_EDGES + "/{to}", "associations", associations.list_edges),
        Resource(_EDGES + "/{to}/{other}", "associations", association_writes.put, "PUT", slow=True),
        Resource(_EDGES + "/{to}/{other}", "associations", association_writes.delete, "DELETE", slow=True),
        Resource(_EDGES + "/default/{to}/{other}", "associations", association_writes.put_default, "PUT", slow=True),
        Resource(_TYPED_EDGE, "associations", association_writes.put_typed, "PUT", slow=True),
        Resource(
            _EDGES + "/{to}/{other}/{label}", "associations", association_writes.delete_typed, "DELETE", slow=True
        ),
        Resource(_EDGES_V4 + "/labels", "associations", associations.labels),
        Resource(_EDGES_V4 + "/batch/read", "associations", associations.read, "POST", slow=True),
        Resource(_EDGES_V4 + "/batch/create", "associations", association_writes.create, "POST", slow=True),
        Resource(
            _EDGES_V4 + "/batch/associate/default", "associations", association_writes.create_default, "POST", slow=True
        ),
        Resource(
            _EDGES_V4 + "/batch/labels/archive", "associations", association_writes.archive_labels, "POST", slow=True
        ),
        Resource(_EDGES_V4 + "/batch/archive", "associations", association_writes.archive, "POST", slow=True),
        Resource(_EDGES_V3 + "/types", "associations", associations_v3.types),
        Resource(_EDGES_V3 + "/batch/read", "associations", associations_v3.read, "POST", slow=True),
        Resource(_EDGES_V3 + "/batch/create", "associations", associations_v3.create, "POST", slow=True),
        Resource(_EDGES_V3 + "/batch/archive", "associations", associations_v3.archive, "POST", slow=True),
        Resource(_PROPERTIES, "properties", properties.list_properties),
        Resource(_PROPERTIES, "properties", properties.create_property, "POST", slow=True),
        Resource(_PROPERTIES + "/groups", "properties", groups.list_groups),
        Resource(_PROPERTIES + "/groups", "properties", groups.create_group, "POST"),
        Resource(_PROPERTIES + "/groups/{name}", "properties", groups.get_group),
        Resource(_PROPERTIES + "/groups/{name}", "properties", groups.update_group, "PATCH"),
        Resource(_PROPERTIES + "/groups/{name}", "properties", groups.archive_group, "DELETE"),
        Resource(_PROPERTIES + "/batch/read", "properties", properties.read_batch, "POST"),
        Resource(_PROPERTIES + "/batch/create", "properties", properties.create_batch, "POST", slow=True),
        Resource(_PROPERTIES + "/batch/archive", "properties", properties.archive_batch, "POST", slow=True),
        Resource(_PROPERTIES + "/{name}", "properties", properties.get_property),
        Resource(_PROPERTIES + "/{name}", "properties", properties.archive_property, "DELETE", slow=True),
        Resource("/crm/v3/owners", "owners", owners.list_owners),
        Resource("/crm/v3/owners/{id}", "owners", owners.get_owner),
        Resource(_PIPELINES, "pipelines", pipelines.list_pipelines),
        Resource(_PIPELINES + "/{pipeline}", "pipelines", pipelines.get_pipeline),
        Resource(_PIPELINES + "/{pipeline}/audit", "pipelines", pipelines.audit),
        Resource(_PIPELINES + "/{pipeline}/stages", "pipelines", pipelines.list_stages),
        Resource(_PIPELINES + "/{pipeline}/stages/{stage}", "pipelines", pipelines.get_stage),
        Resource(_PIPELINES + "/{pipeline}/stages/{stage}/audit", "pipelines", pipelines.audit),
        Resource("/crm/v3/schemas", "schemas", schemas.list_schemas),
        Resource("/crm/v3/schemas/{type}", "schemas", schemas.get_schema),
        Resource(_EXPORTS + "/async", "export", exports.start, "POST"),
        Resource(_EXPORTS + "/async/tasks/{id}/status", "export", exports.status),
        Resource(_EXPORTS + "/{id}", "export", exports.describe),
        Resource("/account-info/v3/details", "account", account.details),
        Resource("/account-info/v3/api-usage/daily/private-apps", "account", account.private_apps_usage),
        Resource("/properties/v1/{type}/properties", "legacy", legacy.properties),
        Resource("/properties/v2/{type}/properties", "legacy", legacy.properties),
        Resource("/companies/v2/properties", "legacy", legacy.company_properties),
        Resource("/companies/v2/companies/paged", "legacy", legacy.companies, slow=True),
        Resource("/deals/v1/deal/paged", "legacy", legacy.deals, slow=True),
        Resource("/deals/v1/pipelines", "legacy", legacy.deal_pipelines),
    )
)
"""Everything that wants a token."""


def kind_of(asked: Asked) -> str:
    """Return the kind of a call, `other` for an address that leads nowhere."""
    if asked.path.startswith("/oauth/"):
        return "login"
    if asked.path.startswith("/exported/"):
        return "export"
    try:
        kind = API.find(asked.method, asked.path)[0].kind
    except Refused:
        return "other"
    return "list_archived" if kind == "list" and "archived=true" in asked.query.lower() else kind
