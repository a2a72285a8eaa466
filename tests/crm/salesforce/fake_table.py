"""Rows behind a scripted org: just enough SOQL for what a cursor asks.

Belongs here: id conditions, field lists, pages by locator. Does not: what the sandbox does better.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

from tests.crm.scripted import Answer

Row = dict[str, Any]
COMPARE: dict[str, Callable[[str, str], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


class FakeTable:
    """Answers queries over rows that the test may change between two calls."""

    def __init__(self, rows: Sequence[Row], page: int = 3) -> None:
        self.rows = sorted(rows, key=lambda row: row["Id"])
        self.page = page
        self.queries: list[str] = []
        self.before: Callable[[str], None] = lambda _query: None
        self._results: list[list[Row]] = []

    def rule(self, path: str, _token: str) -> Answer | None:
        """Answer a query or its next page."""
        if "queryAll?q=" in path:
            query = unquote(path.split("queryAll?q=")[1])
            self.before(query)
            self.queries.append(query)
            self._results.append(self._select(query))
            return self._answer(len(self._results) - 1, 0)
        if found := re.search(r"/query/(\d+)-(\d+)$", path):
            self.before(path)
            return self._answer(int(found[1]), int(found[2]))
        return None

    def _select(self, query: str) -> list[Row]:
        fields = query.removeprefix("SELECT ").split(" FROM ")[0].split(",")
        rows = [row for row in self.rows if self._matches(row, query)]
        return [{"attributes": {"type": "Thing__c"}, **{name: row[name] for name in fields}} for row in rows]

    def _matches(self, row: Row, query: str) -> bool:
        if listed := re.search(r"Id IN \(([^)]*)\)", query):
            return f"'{row['Id']}'" in listed[1]
        conditions = re.findall(r"Id (>=|<=|>|<) '(\w+)'", query)
        return all(COMPARE[operator](row["Id"], value) for operator, value in conditions)

    def _answer(self, result: int, at: int) -> Answer:
        rows = self._results[result]
        body: dict[str, Any] = {
            "totalSize": len(rows),
            "done": at + self.page >= len(rows),
            "records": rows[at : at + self.page],
        }
        if not body["done"]:
            body["nextRecordsUrl"] = f"/services/data/v62.0/query/{result}-{at + self.page}"
        return Answer(body)
