"""Which properties a record shows when nobody asked for any, and which a free text search looks at.

Belongs here: names, by type. Does not: values.
"""

from collections.abc import Iterable, Mapping

from sandbox.hubspot.model import ObjectType

_SHOWN: Mapping[str, tuple[str, ...]] = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("domain", "name"),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
}

_SEARCHED: Mapping[str, tuple[str, ...]] = {
    "contacts": ("firstname", "lastname", "email", "phone", "company"),
    "companies": ("name", "domain", "website", "phone"),
    "deals": ("dealname",),
}


def created_name(kind: ObjectType) -> str:
    """Return the property that says when a record was created."""
    return "createdate" if any(made.name == "createdate" for made in kind.properties) else "hs_createdate"


def shown(kind: ObjectType, asked: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a reply shows, sorted: those asked for that exist, and three that are always there."""
    always = {"hs_object_id", kind.stamp, created_name(kind)}
    known = {made.name for made in kind.properties}
    return tuple(sorted((known & set(asked or _SHOWN.get(kind.name, ()))) | always))


def searched(kind: ObjectType) -> tuple[str, ...]:
    """Return the properties that a free text search looks at."""
    known = {made.name for made in kind.properties}
    return tuple(name for name in _SEARCHED.get(kind.name, (kind.primary_display_property,)) if name in known)
