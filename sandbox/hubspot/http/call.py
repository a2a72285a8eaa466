"""One call of the API, as handlers see it once it was let in.

Belongs here: what a handler may know, and reading parameters and bodies.
Does not: tokens and limits (`door`); addresses (`resources`).
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from sandbox.hubspot.http.asked import Asked
from sandbox.hubspot.http.errors import invalid, missing_scope
from sandbox.hubspot.http.replies import Reply, as_json
from sandbox.hubspot.http.services import Services
from sandbox.hubspot.http.tokens import Holder
from sandbox.hubspot.model import ObjectType, Refused
from sandbox.hubspot.portal import Portal

Handler = Callable[["Call"], Reply]
"""Answers a call. Raises `Refused`."""


_MANY = "The maximum number of inputs supported in a batch is {}. Please reduce the number of items and try again"
_TOO_MANY = {50: "The maximum number of inputs supported in a batch request for property histories is 50"}
_TWICE = "Duplicate IDs found in batch input: [{}]. IDs must be unique"


def items_of(document: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list in an object of JSON, empty if it is absent.

    Raises:
        Refused: It is none.
    """
    items = document.get(name) or []
    if not isinstance(items, list):
        raise invalid(f"Invalid input JSON: {name} must be a list", "INVALID_JSON")
    return items


@dataclass(frozen=True)
class Call:
    """One call. `path` holds the variable parts of the address, `kind` is as in `Resource`."""

    portal: Portal
    asked: Asked
    path: Mapping[str, str]
    kind: str
    holder: Holder
    services: Services

    @cached_property
    def params(self) -> Mapping[str, list[str]]:
        """The parameters of the query, each as often as it was given."""
        return parse_qs(self.asked.query, keep_blank_values=True)

    def param(self, name: str, default: str = "") -> str:
        """Return the last value of a parameter."""
        return self.params.get(name, [default])[-1]

    def names(self, name: str) -> list[str]:
        """Return a list that was given with commas, or by repeating the parameter."""
        return [part for value in self.params.get(name, []) for part in value.split(",") if part]

    def flag(self, name: str) -> bool:
        """Return whether a parameter says true."""
        return self.param(name).lower() == "true"

    def number(self, name: str, default: int, most: int) -> int:
        """Return a parameter from 1 to `most`.

        Raises:
            Refused: It is none.
        """
        text = self.param(name) or str(default)
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise invalid(
                f"Invalid {name} {text}: it must be a number from 1 to {most}", "INVALID_LIMIT", **{name: text}
            )
        return int(text)

    @property
    def object_type(self) -> ObjectType:
        """The type that the address names."""
        return self.type_at("type")

    def type_at(self, part: str) -> ObjectType:
        """Return the type that a part of the address names.

        Raises:
            Refused: There is no such type, or the app may not see it.
        """
        found = self.portal.type(self.path[part])
        if found.name in self.services.hidden:
            raise missing_scope(f"crm.objects.{found.name}.read")
        return found

    @cached_property
    def document(self) -> dict[str, Any]:
        """The body, an object of JSON.

        Raises:
            Refused: It is none.
        """
        document = self._json()
        if not isinstance(document, dict):
            raise invalid("Invalid input JSON on line 1, column 1: an object is expected", "INVALID_JSON")
        return document

    @property
    def document_list(self) -> list[Any]:
        """The body, a list of JSON.

        Raises:
            Refused: It is none.
        """
        items = self._json()
        if not isinstance(items, list):
            raise invalid("Invalid input JSON on line 1, column 1: a list is expected", "INVALID_JSON")
        return items

    def _json(self) -> Any:
        try:
            return json.loads(self.asked.body)
        except ValueError:
            raise invalid("Invalid input JSON on line 1, column 1: the body is no JSON", "INVALID_JSON") from None

    @cached_property
    def owner_ids(self) -> frozenset[str]:
        """The ids of the owners, those that have left too."""
        return frozenset(str(owner.id) for owner in self.portal.owners())

    def strings(self, name: str) -> list[str]:
        """Return a list of texts in the body.

        Raises:
            Refused: It is none.
        """
        return [str(item) for item in self.items(name)]

    def inputs(self, most: int, *, once: bool = False) -> list[dict[str, Any]]:
        """Return the inputs of a batch, of which no two may be of one `id` if it says `once`.

        Raises:
            Refused: There are too many, or they are none.
        """
        inputs = self.items("inputs")
        if len(inputs) > most:
            raise invalid(_TOO_MANY[most] if most in _TOO_MANY else _MANY.format(most))
        if not inputs or not all(isinstance(item, dict) for item in inputs):
            raise invalid("inputs must be a list of objects, and not empty", "INVALID_INPUTS")
        ids = [str(each.get("id")) for each in inputs] if once else []
        if twice := [each for each, times in Counter(ids).items() if times > 1]:
            raise Refused(400, "VALIDATION_ERROR", _TWICE.format(", ".join(twice)), context={"ids": twice})
        return inputs

    def items(self, name: str) -> list[Any]:
        """Return a list in the body, empty if it is absent.

        Raises:
            Refused: It is none.
        """
        return items_of(self.document, name)

    def next_page(self, after: str | int) -> bytes:
        """Return `,"paging":{…}` with the address of the page that follows."""
        kept = [part for part in self.asked.query.split("&") if part and not part.startswith("after=")]
        link = f"{self.asked.base}{self.asked.path}?{'&'.join([*kept, f'after={after}'])}"
        return b',"paging":' + as_json({"next": {"after": str(after), "link": link}})
