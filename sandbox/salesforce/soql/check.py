"""A parsed query against a schema: names found, literals typed, conditions compiled.

Belongs here: Salesforce's complaints about names and types, in its words.
Does not: reading rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.salesforce.org import Field, SObjectType, SoqlError
from sandbox.salesforce.soql import filter as filters
from sandbox.salesforce.soql.lexer import refusal
from sandbox.salesforce.soql.literals import filterable, normal_literal, sortable
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.syntax import Comparison, Condition, Group, Literal, Name, Negation

_LOOK_IT_UP = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(frozen=True, slots=True)
class OrderedField:
    """A field to sort by."""

    field: Field
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class CheckedQuery:
    """A query that can run. `tested` names the fields of the rows that `filter.test` takes, in order."""

    sobject: SObjectType
    columns: tuple[str, ...]
    filter: filters.Filter
    tested: tuple[str, ...]
    order_by: tuple[OrderedField, ...]
    limit: int | None
    offset: int


def check(soql: str, sobjects: Mapping[str, SObjectType]) -> CheckedQuery:
    """Parse a query and look up its names; `sobjects` by lower-case name.

    Raises:
        SoqlError: MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD, INVALID_QUERY_FILTER_OPERATOR.
    """
    select = parse(soql)
    sobject = sobjects.get(select.sobject.text.lower())
    if sobject is None:
        complaint = (
            f"sObject type '{select.sobject.text}' is not supported. If you are attempting to use a custom object, "
            f"be sure to append the '__c' after the entity name. {_LOOK_IT_UP}"
        )
        raise refusal("INVALID_TYPE", soql, select.sobject.offset, complaint)
    checker = _Checker(soql, sobject)
    return CheckedQuery(
        sobject=sobject,
        columns=checker.columns(select.fields),
        filter=filters.EVERY_ROW if select.where is None else checker.filter(select.where),
        tested=tuple(checker.places),
        order_by=tuple(
            OrderedField(checker.sorting_field(item.field), item.descending, item.nulls_last)
            for item in select.order_by
        ),
        limit=select.limit,
        offset=select.offset,
    )


class _Checker:
    def __init__(self, soql: str, sobject: SObjectType) -> None:
        self._soql = soql
        self._sobject = sobject
        self._fields = {field.name.lower(): field for field in sobject.fields}
        self.places: dict[str, int] = {}

    def columns(self, names: Sequence[Name]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for name in names:
            column = self._field(name).name
            if column in found:
                raise refusal("INVALID_FIELD", self._soql, name.offset, f"duplicate field selected: {column}")
            found[column] = None
        return tuple(found)

    def filter(self, condition: Condition) -> filters.Filter:
        match condition:
            case Comparison():
                return self._comparison(condition)
            case Negation(part):
                return filters.neither(self.filter(part))
            case Group(operator, parts):
                join = filters.both if operator == "AND" else filters.either
                return join([self.filter(part) for part in parts])

    def sorting_field(self, name: Name) -> Field:
        field = self._field(name)
        if not sortable(field):
            raise self._cannot(name, field, "sorted")
        return field

    def _comparison(self, condition: Comparison) -> filters.Filter:
        field = self._field(condition.field)
        if not filterable(field):
            raise self._cannot(condition.field, field, "filtered")
        if condition.operator == "LIKE" and field.type in ("id", "reference"):
            complaint = f"invalid operator on {field.type} field"
            raise refusal("INVALID_QUERY_FILTER_OPERATOR", self._soql, condition.field.offset, complaint)
        values = [self._value(condition.field, field, literal) for literal in condition.values]
        place = self.places.setdefault(field.name, len(self.places))
        return filters.comparison(field, place, condition.operator, values)

    def _value(self, name: Name, field: Field, literal: Literal) -> str | int | float | bool | None:
        try:
            return normal_literal(field, literal)
        except SoqlError as error:
            raise refusal(error.code, self._soql, name.offset, error.message) from None

    def _field(self, name: Name) -> Field:
        field = self._fields.get(name.text.lower())
        if field is None:
            raise refusal("INVALID_FIELD", self._soql, name.offset, self._unknown(name.text))
        return field

    def _unknown(self, name: str) -> str:
        if "." in name:
            return (
                f"Didn't understand relationship '{name.split('.', 1)[0]}' in field path. If you are attempting to use "
                f"a custom relationship, be sure to append the '__r' after the custom relationship name. {_LOOK_IT_UP}"
            )
        return (
            f"No such column '{name}' on entity '{self._sobject.name}'. If you are attempting to use a custom field, "
            f"be sure to append the '__c' after the custom field name. {_LOOK_IT_UP}"
        )

    def _cannot(self, name: Name, field: Field, verb: str) -> SoqlError:
        complaint = f"field '{field.name}' can not be {verb} in a query call"
        return refusal("INVALID_FIELD", self._soql, name.offset, complaint)
