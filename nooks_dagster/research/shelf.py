"""Where documents are kept: the new texts of a look in one object of the lake, each page's newest in Postgres.

Belongs here: keeping what a look brought, and what is known of a site before one. Does not: looking
(`research.looking`), reading documents for others (`research.library`).

One object a look, for a request to the lake costs as much CPU as all else that is done with a page: 1.2 ms to read one,
2 ms to write one, whatever its size.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from pydantic import JsonValue

from nooks_dagster.failures import LostLease
from nooks_dagster.lake.errors import Conflict
from nooks_dagster.lake.store import Lake
from nooks_dagster.research.ages import EARLY, Ages
from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.leases import SiteLease
from nooks_dagster.research.reading.fingerprint import Remembered, judged
from nooks_dagster.research.researcher import KnownPage, Look, PageSeen

FOLDER = "research/documents/"

KNOWN = """
    SELECT kind, url, outcome, etag, last_modified, body_sha256, sha256, checked_at, remembered,
        now() - checked_at AS age
    FROM research.pages WHERE site = %s ORDER BY url
"""
END = """
    UPDATE research.sites SET looked_at = now(), outcome = %(outcome)s, next_look_at = now() + %(rest)s,
        changed_at = CASE WHEN %(changed)s THEN now() ELSE changed_at END, failures = %(failures)s, deaths = 0,
        requests = requests + %(requests)s, holder = NULL, lease_until = NULL
    WHERE site = %(site)s AND fence = %(fence)s AND lease_until IS NOT NULL
"""
PUT = """
    INSERT INTO research.pages AS p (site, kind, url, outcome, etag, last_modified, body_sha256, sha256, stored_in,
        title, language, remembered, bytes, fetched_at)
    VALUES (%(site)s, %(kind)s, %(url)s, %(outcome)s, %(etag)s, %(last_modified)s, %(body_sha256)s, %(sha256)s,
        %(stored_in)s, %(title)s, %(language)s, %(remembered)s, %(bytes)s, CASE WHEN %(answered)s THEN now() END)
    ON CONFLICT (site, url) DO UPDATE SET kind = excluded.kind, outcome = excluded.outcome, checked_at = now(),
        etag = CASE WHEN %(answered)s THEN excluded.etag ELSE p.etag END,
        last_modified = CASE WHEN %(answered)s THEN excluded.last_modified ELSE p.last_modified END,
        body_sha256 = CASE WHEN %(answered)s THEN excluded.body_sha256 ELSE p.body_sha256 END,
        sha256 = CASE WHEN %(keep)s THEN p.sha256 ELSE excluded.sha256 END,
        stored_in = CASE WHEN %(keep)s THEN p.stored_in ELSE excluded.stored_in END,
        title = CASE WHEN %(keep)s THEN p.title ELSE excluded.title END,
        language = CASE WHEN %(keep)s THEN p.language ELSE excluded.language END,
        remembered = CASE WHEN %(keep)s THEN coalesce(excluded.remembered, p.remembered) ELSE excluded.remembered END,
        bytes = CASE WHEN %(keep)s AND excluded.bytes = 0 THEN p.bytes ELSE excluded.bytes END,
        fetched_at = coalesce(excluded.fetched_at, p.fetched_at)
"""
PART_WITH = "DELETE FROM research.pages WHERE site = %s AND NOT url = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a look came to.

    Attributes:
        pages: How many had each outcome, of those that were asked for.
        new: Documents that were not there before; `unchanged`, those that still are.
        bytes: Of all bodies that came.
    """

    site: str
    outcome: Outcome
    pages: Sequence[tuple[Kind, Outcome]] = ()
    new: int = 0
    unchanged: int = 0
    bytes: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a site's pages, and what is remembered of their lines, by URL."""

    pages: Sequence[KnownPage] = ()
    remembered: dict[str, Remembered] = field(default_factory=dict)

    @property
    def documents(self) -> set[str]:
        """Return the documents that its pages hold."""
        return {page.sha256 for page in self.pages if page.sha256}


class Shelf:
    """Keeps documents. Safe to share between threads.

    Args:
        lake: Where the texts go.
        ages: How long they are good for.
    """

    def __init__(self, lake: Lake, ages: Ages) -> None:
        self._lake = lake
        self._ages = ages

    def known(self, conn: psycopg.Connection[Any], site: str, *, again: bool) -> Known:
        """Return what is known of a site; everything is stale if it is to be read again."""
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(KNOWN, (site,)).fetchall()
        remembered = {row["url"]: Remembered.of(row.pop("remembered")) for row in rows}
        return Known([self._page(row, again=again) for row in rows], remembered)

    def put(self, lease: SiteLease, known: Known, look: Look) -> Sequence[dict[str, Any]]:
        """Create an object of the new documents in the lake; return the rows of the pages that were asked for.

        Raises:
            Transient: The lake does not answer.
        """
        checked = [page for page in look.pages if page.checked]
        rows = [self._row(lease, known, page) for page in checked]
        new: dict[str, PageSeen] = {}
        for row, page in zip(rows, checked, strict=True):
            if row["sha256"]:
                new.setdefault(row["sha256"], page)
        if new:
            stored_in = self._create(lease, new)
            for row in rows:
                row["stored_in"] = stored_in if row["sha256"] else None
        return rows

    def commit(
        self, conn: psycopg.Connection[Any], lease: SiteLease, known: Known, look: Look, rows: Sequence[dict[str, Any]]
    ) -> Kept:
        """Keep the pages of a look in the caller's transaction, and end it.

        Raises:
            LostLease: Somebody else looks at the site now; the transaction must not commit.
        """
        by_url = {page.url: page.sha256 for page in known.pages}
        held = {row["url"]: by_url.get(row["url"]) if row["keep"] else row["sha256"] for row in rows}
        after = {held.get(page.url, by_url.get(page.url)) for page in look.pages} - {None}
        failures = lease.failures + 1 if _unanswered(look) else 0
        changing = any(page.outcome is Outcome.OK and self._ages.of[page.kind] < self._slowest for page in look.pages)
        ended = conn.execute(
            END,
            {
                "site": lease.site,
                "fence": lease.fence,
                "outcome": look.outcome,
                "rest": self._ages.rest(look.outcome, failures, changing=changing),
                "changed": after != known.documents,
                "failures": failures,
                "requests": look.requests,
            },
        )
        if ended.rowcount != 1:
            raise LostLease(f"another worker looks at {lease.site} now")
        with conn.cursor() as cursor:
            cursor.executemany(PUT, rows)
        conn.execute(PART_WITH, (lease.site, [page.url for page in look.pages]))
        return _kept(lease.site, look, rows)

    @property
    def _slowest(self) -> timedelta:
        return max(self._ages.of.values())

    def _page(self, row: dict[str, Any], *, again: bool) -> KnownPage:
        kind, outcome, age = Kind(row.pop("kind")), Outcome(row.pop("outcome")), row.pop("age")
        old = age >= self._ages.of[kind] - EARLY and not (kind is Kind.ARTICLE and outcome is Outcome.OK)
        return KnownPage(kind=kind, outcome=outcome, stale=again or old or outcome is Outcome.UNREACHABLE, **row)

    def _row(self, lease: SiteLease, known: Known, page: PageSeen) -> dict[str, Any]:
        row: dict[str, Any] = {
            "site": lease.site,
            "kind": page.kind,
            "url": page.url,
            "outcome": page.outcome,
            "etag": page.etag,
            "last_modified": page.last_modified,
            "body_sha256": page.body_sha256,
            "bytes": page.bytes,
            "answered": page.outcome is not Outcome.UNREACHABLE,
            "keep": page.outcome in (Outcome.OK, Outcome.UNREACHABLE),
            **dict.fromkeys(("sha256", "stored_in", "title", "language", "remembered")),
        }
        if page.readable is None:
            return row
        before = known.remembered.get(page.url, Remembered())
        found = judged(lease.site, page.readable.text, lease.taken_at.date(), before)
        row["remembered"] = found.remember.to_bytes()
        if found.sha256 is not None:
            new = {"sha256": found.sha256, "title": page.readable.title, "language": page.readable.language}
            row |= {**new, "keep": False}
        return row

    def _create(self, lease: SiteLease, new: Mapping[str, PageSeen]) -> str:
        """Create the object of documents, given by their sha256; return what names it."""
        stored_in = hashlib.sha256("\n".join(sorted(new)).encode()).hexdigest()
        documents: list[JsonValue] = [_document(lease, sha256, page) for sha256, page in new.items()]
        try:
            self._lake.write_json(object_name(stored_in), {"documents": documents}, generation=0)
        except Conflict:
            return stored_in  # the same documents, seen before on this site; the first stay
        return stored_in


def object_name(stored_in: str) -> str:
    """Return where the documents of a look lie in the lake."""
    return f"{FOLDER}{stored_in[:2]}/{stored_in}.json"


def _document(lease: SiteLease, sha256: str, page: PageSeen) -> JsonValue:
    assert page.readable is not None  # noqa: S101  what was not read has no sha256
    return {
        "sha256": sha256,
        "site": lease.site,
        "url": page.url,
        "kind": page.kind.value,
        "title": page.readable.title,
        "language": page.readable.language,
        "fetched_at": lease.taken_at.isoformat(),
        "text": page.readable.text,
    }


def _unanswered(look: Look) -> bool:
    return look.outcome is Outcome.UNREACHABLE or any(
        page.checked and page.outcome is Outcome.UNREACHABLE for page in look.pages
    )


def _kept(site: str, look: Look, rows: Sequence[dict[str, Any]]) -> Kept:
    new = sum(row["sha256"] is not None for row in rows)
    return Kept(
        site,
        look.outcome,
        [(row["kind"], row["outcome"]) for row in rows],
        new,
        sum(row["outcome"] is Outcome.OK for row in rows) - new,
        sum(row["bytes"] for row in rows),
        look.requests,
    )
