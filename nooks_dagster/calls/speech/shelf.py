"""The shelf: words that were paid for, kept until the transcript that they belong to is committed.

Belongs here: the rows of `calls.pieces`. Does not: when a piece is worth a row (`calls.speech.openai_transcriber`).

Nearly every call is two short pieces, whose words are committed with it; a worker that dies has them bought again for a
tenth of a cent. Two hours are fifty pieces and a dollar: one that fails, or a death, must not cost the others.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

from nooks_dagster.database.pool import Database
from nooks_dagster.llm.hearing import Words

Kept = Mapping[bytes, Words]
"""Words by the hash of what was asked."""


def kept(db: Database, call: int) -> Kept:
    """Return what is kept for a call: nothing, as a rule."""
    with db.transaction() as conn:
        rows = conn.execute("select asked_for, words from calls.pieces where call = %s", (call,)).fetchall()
    return {bytes(asked_for): Words.model_validate(words) for asked_for, words in rows}


def keep(conn: psycopg.Connection[Any], call: int, asked_for: bytes, words: Words) -> None:
    """Keep the words of a piece."""
    conn.execute(_KEEP, (call, asked_for, words.model_dump_json()))


def clear(conn: psycopg.Connection[Any], call: int) -> None:
    """Keep nothing for a call any more: its transcript is committed."""
    conn.execute("delete from calls.pieces where call = %s", (call,))


_KEEP = "insert into calls.pieces (call, asked_for, words) values (%s, %s, %s) on conflict do nothing"
