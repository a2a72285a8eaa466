"""Origins: which fields of which CRM fill a canonical column, in words for people.

Belongs here: those words, made from what the connectors do. Does not: the mappings (each connector's `mapping`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from nooks_dagster.crm.connectors import KINDS
from nooks_dagster.crm.kinds import Kind
from nooks_dagster.crm.promoted import promoted_objects

OTHERS = {"*": "custom_objects"}
"""Every object that is none of the standard ones."""


def origins(canonical: str) -> Mapping[str, str]:
    """Return for each column of a canonical object what fills it: "Salesforce `Account.Name`; HubSpot …"."""
    found: dict[str, list[str]] = defaultdict(list)
    for kind in KINDS.values():
        fields: dict[str, list[str]] = defaultdict(list)
        for column, field in _of_kind(kind, canonical):
            fields[column].append(field)
        for column, names in fields.items():
            found[column].append(f"{kind.title} {', '.join(names)}")
    for column, field in _of_promoted(canonical):
        found[column].append(field)
    return {column: "; ".join(ones) + "." for column, ones in found.items()}


def _of_kind(kind: Kind, canonical: str) -> Iterator[tuple[str, str]]:
    for source, target in {**kind.objects, **OTHERS}.items():
        if target == canonical:
            yield from ((column, f"`{source}.{field}`") for column, field in kind.fields(source).items())


def _of_promoted(canonical: str) -> Iterator[tuple[str, str]]:
    for promoted in promoted_objects():
        if promoted.name == canonical:
            for source, fields in promoted.sources.items():
                yield from ((column, f"`{source}.{field}`") for column, field in fields.items())
