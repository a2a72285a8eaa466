"""SOQL by recursive descent: one method per rule of the grammar.

Belongs here: SELECT of fields or COUNT(), FROM one object, WHERE, ORDER BY, LIMIT, OFFSET.
Does not: whether fields exist and values fit (`sandbox.salesforce.soql.check`). Subqueries, aggregates, relationship
paths and date functions are refused as unexpected tokens.
"""

import re

from sandbox.salesforce.org import SoqlError
from sandbox.salesforce.soql.lexer import Token, refusal, tokens
from sandbox.salesforce.soql.syntax import (
    Comparison,
    Condition,
    Group,
    Literal,
    Name,
    Negation,
    Select,
    Sorting,
)

_OPERATORS = {"=", "!=", "<>", "<", "<=", ">", ">="}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_MAX_OFFSET = 2_000


def parse(soql: str) -> Select:
    """Parse a query.

    Raises:
        SoqlError: MALFORMED_QUERY, pointing at the first token that does not fit; NUMBER_OUTSIDE_VALID_RANGE.
    """
    return _Parser(soql).select()


class _Parser:
    def __init__(self, soql: str) -> None:
        self._soql = soql
        self._tokens = tokens(soql)
        self._next = 0

    def select(self) -> Select:
        self._expect("SELECT")
        fields = self._fields()
        self._expect("FROM")
        sobject = self._name()
        where = self._condition() if self._accept("WHERE") else None
        order_by = self._order_by() if self._accept("ORDER") else ()
        limit = self._count() if self._accept("LIMIT") else None
        offset = self._count() if self._accept("OFFSET") else 0
        if self._peek().kind != "end":
            raise self._unexpected()
        if offset > _MAX_OFFSET:
            raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MAX_OFFSET}")
        return Select(fields, sobject, where, order_by, limit, offset)

    def _fields(self) -> tuple[Name, ...]:
        if self._is("COUNT") and self._peek(1).text == "(":
            self._next += 2
            self._expect(")")
            return ()
        fields = [self._name()]
        while self._accept(","):
            fields.append(self._name())
        return tuple(fields)

    def _condition(self) -> Condition:
        """Parse a chain; Salesforce refuses AND beside OR unless parentheses say which binds."""
        parts = [self._simple_condition()]
        operator = self._peek().text.upper()
        if operator not in ("AND", "OR"):
            return parts[0]
        while self._accept(operator):
            parts.append(self._simple_condition())
        if self._is("AND") or self._is("OR"):
            raise self._unexpected()
        return Group(operator, tuple(parts))

    def _simple_condition(self) -> Condition:
        if self._accept("NOT"):
            return Negation(self._simple_condition())
        if self._accept("("):
            inner = self._condition()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Comparison:
        field = self._name()
        if self._accept("LIKE"):
            return Comparison(field, "LIKE", (self._pattern(),))
        if self._accept("IN"):
            return Comparison(field, "IN", self._literals())
        if self._accept("NOT"):
            self._expect("IN")
            return Comparison(field, "NOT IN", self._literals())
        operator = self._peek().text
        if operator not in _OPERATORS:
            raise self._unexpected()
        self._next += 1
        return Comparison(field, "!=" if operator == "<>" else operator, (self._literal(),))

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        values = [self._literal()]
        while self._accept(","):
            values.append(self._literal())
        self._expect(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self._peek()
        literal = _literal(token)
        if literal is None:
            raise self._unexpected()
        self._next += 1
        return literal

    def _pattern(self) -> Literal:
        """Parse what LIKE compares with; its escapes stay, as an escaped `%` differs only there."""
        token = self._peek()
        return Literal("string", token.text[1:-1]) if self._literal().kind == "string" else Literal("null", None)

    def _order_by(self) -> tuple[Sorting, ...]:
        self._expect("BY")
        fields = [self._sorting()]
        while self._accept(","):
            fields.append(self._sorting())
        return tuple(fields)

    def _sorting(self) -> Sorting:
        field = self._name()
        descending = self._accept("DESC") or (self._accept("ASC") and False)
        nulls_last = False
        if self._accept("NULLS"):
            nulls_last = self._accept("LAST")
            if not nulls_last:
                self._expect("FIRST")
        return Sorting(field, descending, nulls_last)

    def _count(self) -> int:
        token = self._peek()
        if not token.text.isdigit():
            raise self._unexpected()
        self._next += 1
        return int(token.text)

    def _name(self) -> Name:
        token = self._peek()
        if token.kind != "name":
            raise self._unexpected()
        self._next += 1
        return Name(token.text, token.offset)

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _is(self, word: str) -> bool:
        token = self._peek()
        return token.kind in ("name", "symbol") and token.text.upper() == word

    def _accept(self, word: str) -> bool:
        accepted = self._is(word)
        self._next += accepted
        return accepted

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _unexpected(self) -> SoqlError:
        token = self._peek()
        return refusal("MALFORMED_QUERY", self._soql, token.offset, f"unexpected token: '{token.text}'")


def _literal(token: Token) -> Literal | None:
    if token.kind == "string":
        text = _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), token.text[1:-1])
        return Literal("string", text)
    if token.kind == "number":
        return Literal("number", int(token.text) if token.text.lstrip("+-").isdigit() else float(token.text))
    if token.kind in ("date", "datetime"):
        return Literal(token.kind, token.text)
    words: dict[str, Literal] = {
        "TRUE": Literal("boolean", True),
        "FALSE": Literal("boolean", False),
        "NULL": Literal("null", None),
    }
    return words.get(token.text.upper()) if token.kind == "name" else None
