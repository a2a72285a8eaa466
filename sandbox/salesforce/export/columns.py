"""What describe says of a column of an export, learnt while its texts pass by.

Belongs here: keeping a declared type, telling an undeclared one, falling back to text.
Does not: one text (`sandbox.salesforce.export.values`), files.
"""

from collections.abc import Iterable
from dataclasses import replace

from sandbox.salesforce.export.values import INFERRED, fits
from sandbox.salesforce.org import Field, SObjectType
from sandbox.salesforce.schema import fields as make
from sandbox.salesforce.schema.catalog import CATALOG

STANDARD = {sobject.name.lower(): sobject for sobject in CATALOG if not sobject.custom}
"""The objects that every org has."""

_EVERYWHERE = {field.name.lower(): field for field in (*make.IDENTITY, *make.AUDIT, make.reference("OwnerId", "User"))}
_LINE = 255  # characters; what is longer, or has several lines, can only be a text area in Salesforce


def declared_field(sobject: str, column: str) -> Field | None:
    """Return the standard field of that name, in any case; None if only the file knows the column."""
    standard = STANDARD.get(sobject.lower())
    known = {field.name.lower(): field for field in standard.fields if not field.custom} if standard else _EVERYWHERE
    return known.get(column.lower())


class Column:
    """One column; `field` is final when all texts have been seen."""

    def __init__(self, sobject: str, header: str) -> None:
        self._declared = declared_field(sobject, header)
        self.name = self._declared.name if self._declared else header
        self._custom = header.endswith("__c") or sobject.lower() in STANDARD
        self._candidates = [] if self._declared else list(INFERRED)
        self._fits, self._blank, self._filled = True, False, False
        self._longest, self._lines = 0, False

    def see(self, text: str) -> None:
        """Take note of one text."""
        if not text:
            self._blank = True
            return
        self._filled = True
        self._longest = max(self._longest, len(text))
        self._lines = self._lines or "\n" in text
        if self._declared:
            self._fits = self._fits and fits(self._declared.type, text)
        elif self._candidates:
            self._candidates = [kind for kind in self._candidates if INFERRED[kind](text)]

    @property
    def field(self) -> Field:
        """The field as describe lists it."""
        if self._declared is None:
            return replace(self._inferred(), custom=self._custom)
        if not self._fits:
            return self._text()
        longer = max(self._declared.length, self._longest) if self._declared.length else 0
        return replace(self._declared, nillable=self._declared.nillable or self._blank, length=longer)

    def _inferred(self) -> Field:
        kind = self._candidates[0] if self._filled and self._candidates else "string"
        if kind == "string":
            return self._text()
        digits = {"int": (9, 0), "double": (18, 9)}.get(kind, (0, 0))
        return make.typed(self.name, kind, precision=digits[0], scale=digits[1])

    def _text(self) -> Field:
        if self._longest > _LINE or self._lines:
            return make.textarea(self.name, max(self._longest, _LINE + 1))
        return make.text(self.name, _LINE)


def describe(name: str, key_prefix: str, columns: Iterable[Column]) -> SObjectType:
    """Return the object that a file holds: only the fields that it shows, Id first."""
    fields = [column.field for column in columns]
    fields.sort(key=lambda field: field.name != "Id")
    compounds = {field.name for field in fields}
    shown = tuple(
        field if field.compound_field_name in compounds else replace(field, compound_field_name=None)
        for field in fields
    )
    standard = STANDARD.get(name.lower())
    if standard:
        return replace(standard, key_prefix=key_prefix or standard.key_prefix, fields=shown)
    label = make.label(name)
    return SObjectType(name, label, f"{label}s", key_prefix, shown, custom=name.endswith("__c"))


def empty_object(standard: SObjectType) -> SObjectType:
    """Return a standard object that the export does not mention: there, with its standard fields and no rows."""
    return replace(standard, fields=tuple(field for field in standard.fields if not field.custom))
