"""SOQL text to tokens, and a place in the text to Salesforce's wording of an error there.

Belongs here: characters. Does not: grammar.
"""

import re
from dataclasses import dataclass

from sandbox.salesforce.org import SoqlError

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    | (?P<symbol><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE | re.DOTALL,
)
_AROUND = 40  # characters of the query that an error shows on either side of its place


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query: string, datetime, date, number, name, symbol or end."""

    kind: str
    text: str
    offset: int


def tokens(soql: str) -> list[Token]:
    """Cut a query into tokens, an `end` token last.

    Raises:
        SoqlError: MALFORMED_QUERY where no token begins.
    """
    found, offset = [], 0
    end = len(soql.rstrip())
    while offset < end:
        match = _TOKEN.match(soql, offset)
        if match is None or match.lastgroup is None:
            start = offset + len(soql[offset:]) - len(soql[offset:].lstrip())
            raise refusal("MALFORMED_QUERY", soql, start, f"unexpected token: '{soql[start]}'")
        found.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        offset = match.end()
    return [*found, Token("end", "<EOF>", end)]


def refusal(code: str, soql: str, offset: int, complaint: str) -> SoqlError:
    """Return an error that shows the query around the offset, as Salesforce does."""
    line_start = soql.rfind("\n", 0, offset) + 1
    line = soql[line_start:].split("\n", 1)[0]
    row, column = soql.count("\n", 0, offset) + 1, offset - line_start + 1
    left = max(column - 1 - _AROUND, 0)
    shown = line[left : column - 1 + _AROUND]
    pointer = " " * (column - 1 - left) + "^"
    return SoqlError(code, f"\n{shown}\n{pointer}\nERROR at Row:{row}:Column:{column}\n{complaint}")
