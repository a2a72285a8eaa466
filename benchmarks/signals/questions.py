"""What the nested shape is given: the accounts, documents and requests that ours has, to the letter.

Belongs here: making them with the platform's own prompts. Does not: who asks (`benchmarks.signals.nested`).
Run as `python -m benchmarks.signals.questions FILE SIGNAL...`, with the configuration in the environment.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assets.account_signals.catalog import signals as declared
from benchmarks.crms import WORKSPACE
from benchmarks.signals.book import Account, accounts
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.asking import Ask
from nooks_dagster.llm.texts import request
from nooks_dagster.research.documents import Dossier
from nooks_dagster.research.library import Library
from nooks_dagster.settings import Settings, settings
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.prompts import inputs, instructions

SITES_AT_ONCE = 200


def main(path: str, *names: str) -> None:
    """Write what the jobs are given."""
    here = settings()
    db = Database(here.postgres_url, here.postgres_connections)
    library = Library(db, Lake(here.lake_bucket, scratch=here.scratch))
    asked = [signal for signal in declared() if signal.name in names]
    documents: dict[str, str] = {}
    rows = list(_rows(library, here, accounts(here.postgres_url), asked, documents))
    db.close()
    questions = [{"name": signal.name, "request": _fixed(signal, here)} for signal in asked]
    Path(path).write_text(json.dumps({"accounts": rows, "questions": questions, "documents": documents}))


def _rows(
    library: Library,
    here: Settings,
    of: Sequence[Account],
    signals: Sequence[Signal],
    documents: dict[str, str],
) -> Iterator[Mapping[str, Any]]:
    for at in range(0, len(of), SITES_AT_ONCE):
        some = of[at : at + SITES_AT_ONCE]
        sites = sorted({account.site for account in some})
        asks: dict[str, dict[str, Any]] = {site: {} for site in sites}
        for signal in signals:
            for site, dossier in library.of(sites, signal.documents).items():
                first, *lines = _prompt(site, dossier, here)
                ids = [hashlib.sha256(line.encode()).hexdigest() for line in lines]
                documents.update(zip(ids, lines, strict=True))
                asks[site][signal.name] = {"first": first, "documents": ids}
        yield from ({"id": account.id, "asks": asks[account.site]} for account in some)


def _prompt(site: str, dossier: Dossier, here: Settings) -> list[str]:
    named = {f"d{number}": document for number, document in enumerate(dossier.documents, 1)}
    return inputs(site, named, {}, here.signals_prompt_chars).split("\n")


def _fixed(signal: Signal, here: Settings) -> Mapping[str, Any]:
    """Return the arguments of the request that are the same for all accounts."""
    ask = Ask(
        kind="text",
        workspace=WORKSPACE,
        purpose=f"signals/{signal.name}",
        subject="",
        instructions=instructions(signal),
        input="",
        answer=signal.answer,
        model=signal.model or here.llm_model,
        max_output_tokens=signal.max_output_tokens,
        cache_key=f"signals/{signal.name}",
    )
    return {name: value for name, value in request(ask).items() if name != "input"}


if __name__ == "__main__":
    main(*sys.argv[1:])
