"""The documents of sites, for those who ask something of them.

Belongs here: reading what is kept. Does not: keeping it (`research.shelf`), fetching it (`research.web`).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.store import Lake
from nooks_dagster.research.documents import Document, Dossier, Kind, Outcome, Tried
from nooks_dagster.research.shelf import object_name

PAGES = """
    SELECT p.site, p.kind, p.url, p.outcome, p.sha256, p.stored_in, p.title, p.language, p.checked_at
    FROM research.pages p WHERE p.site = ANY(%s) AND p.kind = ANY(%s)
    ORDER BY p.site, array_position(%s::text[], p.kind), p.url
"""
SITES = "SELECT site, outcome, looked_at, changed_at FROM research.sites WHERE site = ANY(%s)"
SHAS = """
    SELECT site, array_agg(DISTINCT sha256 ORDER BY sha256) FROM research.pages
    WHERE site = ANY(%s) AND kind = ANY(%s) AND sha256 IS NOT NULL GROUP BY site
"""
_Texts = Mapping[str, Mapping[str, Any]]
READERS = 8
"""Objects read from the lake at once: each is a round trip of some milliseconds."""


class Library:
    """What is known of sites. Safe to share between threads.

    Args:
        db: The platform's database.
        lake: Where the texts are.
    """

    def __init__(self, db: Database, lake: Lake) -> None:
        self._db = db
        self._lake = lake

    def of(self, sites: Sequence[str], kinds: Collection[str]) -> Mapping[str, Dossier]:
        """Return what is known of each site: an empty dossier of one that nobody has looked at.

        Args:
            sites: At most some hundreds; all their texts are in memory at once (at most 60,000 letters each).
            kinds: Names of `Kind`.

        Raises:
            Transient: Postgres or the lake does not answer.
            Corrupt: A document is not there, or not what was written.
        """
        order = [kind.value for kind in Kind]
        with self._db.transaction() as conn, conn.cursor(row_factory=dict_row) as cursor:
            pages = cursor.execute(PAGES, (list(sites), list(kinds), order)).fetchall()
            looks = {row["site"]: row for row in cursor.execute(SITES, (list(sites),))}
        held = [page for page in pages if page["sha256"]]
        stored = self._stored({page["stored_in"] for page in held})
        texts = {(page["site"], page["url"]): self._document(page, stored[page["stored_in"]]) for page in held}
        by_site: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for page in pages:
            by_site[page["site"]].append(page)
        return {site: _dossier(by_site[site], texts, looks.get(site)) for site in sites}

    def shas(
        self, conn: psycopg.Connection[Any], sites: Sequence[str], kinds: Collection[str]
    ) -> Mapping[str, Sequence[str]]:
        """Return the identities of each site's documents, sorted, without reading any; none of a site without one.

        They tell whether an answer that was made from documents is one of today's, in one query.
        """
        found = dict(conn.execute(SHAS, (list(sites), list(kinds))).fetchall())
        return {site: found.get(site, ()) for site in sites}

    def _stored(self, names: Collection[str]) -> Mapping[str, _Texts]:
        """Read objects of documents: mostly it is one, all that a site had at its first look."""
        if len(names) < 2:  # no thread is started for it
            return {name: self._texts(name) for name in names}
        with ThreadPoolExecutor(min(READERS, len(names))) as threads:
            return dict(zip(names, threads.map(self._texts, names), strict=True))

    def _texts(self, stored_in: str) -> _Texts:
        """Return the documents of an object by their sha256; none if it is not there, or another one."""
        stored = self._lake.read_json(object_name(stored_in)).value
        documents = stored.get("documents") if isinstance(stored, dict) else None
        if not isinstance(documents, list):
            return {}
        return {str(one["sha256"]): one for one in documents if isinstance(one, dict) and "sha256" in one}

    def _document(self, page: Mapping[str, Any], texts: _Texts) -> Document:
        stored = texts.get(page["sha256"])
        if stored is None:
            raise Corrupt(
                "The document is not there, or another one.",
                subject=self._lake.uri(object_name(page["stored_in"])),
                next_step="Materialise research/documents with `again: true` for the accounts of that site.",
            )
        return Document(
            sha256=page["sha256"],
            site=page["site"],
            url=page["url"],
            kind=Kind(page["kind"]),
            title=page["title"] or "",
            language=page["language"],
            fetched_at=datetime.fromisoformat(str(stored["fetched_at"])),
            text=str(stored["text"]),
        )


def _dossier(
    pages: Sequence[Mapping[str, Any]], texts: Mapping[tuple[str, str], Document], look: Mapping[str, Any] | None
) -> Dossier:
    documents = [texts[key] for key in ((page["site"], page["url"]) for page in pages) if key in texts]
    tried = [Tried(p["url"], Kind(p["kind"]), Outcome(p["outcome"]), p["checked_at"]) for p in pages]
    if look is None:
        return Dossier(documents, tried)
    outcome = Outcome(look["outcome"]) if look["outcome"] else None
    return Dossier(documents, tried, outcome, look["looked_at"], look["changed_at"])
