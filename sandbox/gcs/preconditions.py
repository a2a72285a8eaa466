"""The conditions a request puts on the object it meets.

Belongs here: `ifGenerationMatch` and its family, from the query, XML headers and ETags; 412 and 304.
Does not: atomicity; callers check inside the transaction that changes the object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sandbox.gcs.refusals import Refusal, invalid


class Versioned(Protocol):
    """What conditions look at: an object or a bucket."""

    @property
    def generation(self) -> int: ...  # noqa: D102
    @property
    def metageneration(self) -> int: ...  # noqa: D102
    @property
    def etag(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What must hold; None asks nothing. Generation 0 stands for "there is no such object"."""

    generation: int | None = None
    generation_not: int | None = None
    metageneration: int | None = None
    metageneration_not: int | None = None
    etag: str | None = None
    etag_not: str | None = None

    def check_write(self, current: Versioned | None) -> None:
        """Refuse with 412 unless all of it holds for the object about to be changed."""
        if self._mismatched(current) or self._unchanged(current):
            raise Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")

    def check_read(self, current: Versioned) -> None:
        """Refuse with 412 what should match and does not, with 304 what should differ and does not."""
        if self._unchanged(current):
            raise Refusal(304, "notModified", "Not modified.", {"ETag": f'"{current.etag}"'})
        self.check_write(current)

    def _mismatched(self, current: Versioned | None) -> bool:
        generation, metageneration, etag = _versions(current)
        return (
            self.generation not in (None, generation)
            or self.metageneration not in (None, metageneration)
            or self.etag not in (None, etag, "*" if current else None)
        )

    def _unchanged(self, current: Versioned | None) -> bool:
        generation, metageneration, etag = _versions(current)
        return (
            self.generation_not == generation
            or (current is not None and self.metageneration_not == metageneration)
            or (current is not None and self.etag_not in (etag, "*"))
        )


def _versions(current: Versioned | None) -> tuple[int, int, str]:
    return (current.generation, current.metageneration, current.etag) if current else (0, 0, "")


def from_query(query: Mapping[str, str], of: str = "if") -> Preconditions:
    """Read a JSON API query; `of="ifSource"` reads those on a copy's source. Raises `Refusal` 400."""
    # Any case will do: Google's Python client spells one of them ifMetaGenerationNotMatch.
    told = {name.lower(): value for name, value in query.items()}
    of = of.lower()
    return Preconditions(
        number(told, f"{of}generationmatch"),
        number(told, f"{of}generationnotmatch"),
        number(told, f"{of}metagenerationmatch"),
        number(told, f"{of}metagenerationnotmatch"),
    )


def from_headers(headers: Mapping[str, str]) -> Preconditions:
    """Read an XML API request's headers. Raises `Refusal` 400."""
    return Preconditions(
        generation=number(headers, "x-goog-if-generation-match"),
        metageneration=number(headers, "x-goog-if-metageneration-match"),
        etag=_tag(headers, "if-match"),
        etag_not=_tag(headers, "if-none-match"),
    )


def number(values: Mapping[str, str], name: str) -> int | None:
    """Return the 64-bit integer called `name`, None when it is absent; refuses anything else with 400."""
    text = values.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.removeprefix("-").isdigit()) or not -(2**63) <= int(text) < 2**63:
        raise invalid(f"Invalid value for {name}: {text[:40]!r} is no 64-bit integer.")
    return int(text)


def _tag(headers: Mapping[str, str], name: str) -> str | None:
    text = headers.get(name)
    return text.strip().removeprefix("W/").strip('"') if text is not None else None
