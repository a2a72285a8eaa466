"""The dictionaries by which Salesforce describes an object and its fields.

Belongs here: every key that clients may look for, derived from what the schema knows.
Does not: the schema itself (`sandbox.salesforce.org`), addresses (`sobjects`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.salesforce.org import Field, SObjectType
from sandbox.salesforce.rights import SYSTEM_FIELDS, createable, updateable
from sandbox.salesforce.writing.derived import DEFAULTS

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "long": "xsd:long",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "base64": "xsd:base64Binary",
    "address": "urn:address",
    "location": "urn:location",
    "anyType": "xsd:anyType",
    "json": "urn:json",
}
_UNFILTERABLE = frozenset(["address", "location", "base64", "encryptedstring"])
_UNGROUPABLE = frozenset(["double", "currency", "percent", "datetime", "time", "base64", "address", "location"])

# What is the same for every object and field of the sandbox's orgs.
_SUMMARY_CONSTANTS: dict[str, Any] = {
    "activateable": False,
    "associateEntityType": None,
    "associateParentEntity": None,
    "createable": True,
    "customSetting": False,
    "deepCloneable": False,
    "deletable": True,
    "deprecatedAndHidden": False,
    "feedEnabled": False,
    "hasSubtypes": False,
    "isInterface": False,
    "isSubtype": False,
    "mergeable": False,
    "mruEnabled": True,
    "retrieveable": True,
    "searchable": True,
    "triggerable": True,
    "undeletable": True,
    "updateable": True,
}
_DESCRIBE_CONSTANTS: dict[str, Any] = {
    "actionOverrides": [],
    "compactLayoutable": True,
    "defaultImplementation": None,
    "extendedBy": None,
    "extendsInterfaces": None,
    "implementedBy": None,
    "implementsInterfaces": None,
    "listviewable": None,
    "lookupLayoutable": None,
    "namedLayoutInfos": [],
    "networkScopeFieldName": None,
    "recordTypeInfos": [],
    "searchLayoutable": True,
    "sobjectDescribeOption": "FULL",
    "supportedScopes": [{"label": "All records", "name": "everything"}],
}
_FIELD_CONSTANTS: dict[str, Any] = {
    "aiPredictionField": False,
    "autoNumber": False,
    "calculatedFormula": None,
    "cascadeDelete": False,
    "controllerName": None,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "mask": None,
    "maskType": None,
    "queryByDistance": False,
    "referenceTargetField": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "searchPrefilterable": False,
    "writeRequiresMasterRead": False,
}


def summarize_object(kind: SObjectType, base: str) -> dict[str, Any]:
    """Return an object's entry in the global list."""
    address = f"{base}/sobjects/{kind.name}"
    return _SUMMARY_CONSTANTS | {
        "custom": kind.custom,
        "keyPrefix": kind.key_prefix,
        "label": kind.label,
        "labelPlural": kind.label_plural,
        "layoutable": kind.layoutable,
        "mergeable": kind.name in {"Account", "Contact", "Lead"},
        "name": kind.name,
        "queryable": kind.queryable,
        "replicateable": kind.replicateable,
        "urls": {"sobject": address, "describe": f"{address}/describe", "rowTemplate": f"{address}/{{ID}}"},
    }


def describe_object(kind: SObjectType, others: Sequence[SObjectType], base: str) -> dict[str, Any]:
    """Return the full description of an object; `others` are searched for children."""
    name_field, defaults = _name_field(kind), {"OwnerId", *DEFAULTS.get(kind.name, ())}
    return (
        summarize_object(kind, base)
        | _DESCRIBE_CONSTANTS
        | {
            "childRelationships": list(_children(kind, others)),
            "fields": [
                _describe_field(field, is_name=field.name == name_field, defaulted=field.name in defaults)
                for field in kind.fields
            ],
        }
    )


def _describe_field(field: Field, *, is_name: bool, defaulted: bool) -> dict[str, Any]:
    told = _FIELD_CONSTANTS | _identity(field, is_name=is_name) | _sizes(field) | _rights(field) | _values(field)
    return told | ({"defaultedOnCreate": True} if defaulted else {})


def _identity(field: Field, *, is_name: bool) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "extraTypeInfo": "plaintextarea" if field.type == "textarea" else None,
        "custom": field.custom,
        "compoundFieldName": field.compound_field_name,
        "nameField": is_name,
        "idLookup": is_name or field.type == "id" or field.external_id,
        "externalId": field.external_id,
        "unique": field.unique,
        "caseSensitive": field.type == "id",
    }


def _sizes(field: Field) -> dict[str, Any]:
    length = 18 if field.type in {"id", "reference"} else field.length
    return {
        "length": length,
        "byteLength": length * 3 if field.type not in {"id", "reference"} else 18,
        "digits": field.precision if field.type == "int" else 0,
        "precision": 0 if field.type == "int" else field.precision,
        "scale": field.scale,
    }


def _rights(field: Field) -> dict[str, Any]:
    long_text = field.type == "textarea" and field.length > 255
    return {
        "calculated": field.calculated,
        "createable": createable(field),
        "updateable": updateable(field),
        "permissionable": createable(field) and field.nillable,
        "nillable": field.nillable,
        "defaultedOnCreate": field.name in SYSTEM_FIELDS or field.type == "boolean",
        "filterable": field.type not in _UNFILTERABLE and not long_text,
        "sortable": field.type not in _UNFILTERABLE and not long_text,
        "groupable": field.type not in _UNGROUPABLE and not long_text,
        "aggregatable": field.type not in {"boolean", "address", "location", "base64"} and not long_text,
    }


def _values(field: Field) -> dict[str, Any]:
    return {
        "defaultValue": False if field.type == "boolean" else None,
        "restrictedPicklist": field.restricted,
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
            for value in field.picklist
        ],
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "namePointing": len(field.reference_to) > 1,
    }


def _name_field(kind: SObjectType) -> str | None:
    names = {field.name for field in kind.fields}
    return next((name for name in ("Name", "Subject", "CaseNumber", "Title") if name in names), None)


def _children(kind: SObjectType, others: Iterable[SObjectType]) -> Iterable[dict[str, Any]]:
    for other in others:
        for field in other.fields:
            if kind.name in field.reference_to:
                yield {
                    "cascadeDelete": False,
                    "childSObject": other.name,
                    "deprecatedAndHidden": False,
                    "field": field.name,
                    "junctionIdListNames": [],
                    "junctionReferenceTo": [],
                    "relationshipName": None,
                    "restrictedDelete": False,
                }
