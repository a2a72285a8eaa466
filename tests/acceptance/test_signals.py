"""A book of accounts gets its answers once, true to the world, whatever the provider and the pages do."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from assets.account_signals.catalog import signals
from benchmarks.crms import WORKSPACE
from benchmarks.signals.answers import Answered, answers, found
from benchmarks.signals.book import pages_read
from benchmarks.signals.processes import Spent, together
from benchmarks.signals.terms import ERRORS
from benchmarks.signals.truth import World, identity, judged
from nooks_dagster.local import deadline
from nooks_dagster.local.postgres import Postgres
from tests.acceptance.signal_book import Chosen, SignalBook, chosen, look_in_vain, make_bucket, put, stated, variables
from tests.crm.sandboxes import serving_sandbox
from tests.databases import create_database, drop_database

SIGNALS = ("tech_stack", "leadership_hires", "funding")
PLAIN, INJECTED = 30, 20
IN_FLIGHT, RUNS = 12, 3
WORLD = ("--org", f"{WORKSPACE}=4000", "--openai=time_scale=0.02")
STORM = {"kind": "answer", "calls": "responses", "status": 429, "body": "json", "probability": 0.8, "seconds": 3}
OUTAGE = {"kind": "outage", "calls": "responses", "uptime": 0, "seconds": 3}

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def book(
    postgres_server: Postgres,
    template_database: str,
    lake_server: str,
    service_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[SignalBook]:
    """50 accounts whose sites have been read; pages of 20 of them give instructions to whoever reads them."""
    folder = tmp_path_factory.mktemp("signals")
    name = f"book_{uuid4().hex[:12]}"
    bucket = f"book-{uuid4().hex[:12]}"
    make_bucket(bucket)
    create_database(postgres_server, name, template_database)
    with serving_sandbox(folder, *WORLD) as sandbox:
        accounts = chosen(sandbox.state, PLAIN, INJECTED)
        url = postgres_server.url.replace("/postgres", f"/{name}")
        put(url, accounts)
        around = variables(sandbox, url, lake_server, bucket, folder)
        together("benchmarks.signals.reading", [[]], around, folder)
        yield SignalBook(sandbox, postgres_server, name, accounts, around, folder)
    drop_database(postgres_server, name)


@dataclass(frozen=True)
class Asked:
    """What became of a book."""

    url: str
    book: SignalBook
    runs: Sequence[Spent]
    seen: dict[str, Any]
    faults: dict[str, int]

    @cached_property
    def answers(self) -> list[Answered]:
        return answers(self.url, SIGNALS)

    @cached_property
    def world(self) -> World:
        return stated(self.book.sandbox.state, self.book.accounts, SIGNALS)

    @cached_property
    def read(self) -> dict[str, set[str]]:
        """The pages that could be read, of the kinds that a signal asks for."""
        return {one.name: pages_read(self.url, [str(kind) for kind in one.documents]) for one in signals()}

    def untrue(self, one: Answered) -> set[tuple[str, ...]]:
        """Return the findings of an answer that no page of the account states."""
        known = {identity(one.signal, values) for values, _ in self.world[one.account, one.signal].findings}
        return {identity(one.signal, finding) for finding in one.value} - known

    def lost(self, one: Answered) -> list[tuple[str, str, str, Any]]:
        """Return the findings that a page which was read states, and an answer that claims to know leaves out."""
        told = {identity(one.signal, finding) for finding in one.value}
        stated = self.world[one.account, one.signal].findings if one.conclusive else ()
        return [
            (one.site, one.signal, url, values)
            for values, urls in stated
            for url in urls
            if url in self.read[one.signal] and identity(one.signal, values) not in told
        ]

    def of_injected(self) -> list[Answered]:
        ids = {account.id for account in self.book.accounts if account.injected}
        return [one for one in self.answers if one.account in ids]


@pytest.fixture(scope="module")
def asked(book: SignalBook) -> Iterator[Asked]:
    """The book asked by three runs at once, while the provider errs, limits and is away."""
    book.control("counters/reset", {})
    for error in ERRORS:
        book.control("faults", error)
    with book.copied() as url, ThreadPoolExecutor(1) as thread:
        settings = {"NOOKS_LLM_REQUESTS_IN_FLIGHT": str(IN_FLIGHT), "NOOKS_LLM_LIVE_REQUESTS": "0"}
        running = thread.submit(book.asked, url, RUNS, SIGNALS, **settings)
        for sold, trouble in ((20, STORM), (60, OUTAGE)):
            for _ in deadline.polls(300, every=0.1):
                if running.done() or book.control("openai")["sold"] >= sold:
                    break
            book.control("faults", trouble)
        runs = running.result()
        seen, faults = book.control("openai"), book.control("counters")["faults"]
        book.control("faults", method="DELETE")
        yield Asked(url, book, runs, seen, faults)


def test_a_book_is_answered_through_errors_a_storm_and_an_outage(asked: Asked) -> None:
    assert not any(run.told["facts"]["failed"] for run in asked.runs)
    assert asked.faults["answer"] > 10
    assert asked.faults["outage"] > 0
    with_site = {account for account, _ in asked.world} & {one.account for one in asked.answers}
    failed = [one for one in asked.answers if one.status == "error"]
    assert len(asked.answers) == len(with_site) * len(SIGNALS)
    assert len(with_site) > 0.9 * len(asked.book.accounts)
    assert len(failed) < 0.02 * len(asked.answers), [(one.signal, one.reason) for one in failed]


def test_every_finding_is_true_and_none_that_could_be_read_is_missing(asked: Asked) -> None:
    verdict = judged(asked.world, found(asked.answers), pages_read(asked.url))
    assert verdict.right > 60
    assert verdict.wrong == 0
    assert [one for answer in asked.answers for one in asked.lost(answer)] == []
    assert all(one.reason for one in asked.answers if not one.conclusive)


def test_runs_that_overlap_keep_to_one_bound_between_them(asked: Asked) -> None:
    assert 2 < asked.seen["peak_in_flight"] <= IN_FLIGHT


def test_nothing_is_bought_twice_but_what_came_to_nothing(asked: Asked) -> None:
    assert asked.seen.get("sold_again_because", {}).keys() <= {"after_unanswered"}
    assert asked.seen["sold_again"] <= asked.seen["billed_unanswered"]


def test_a_book_that_has_not_changed_is_not_asked_again(asked: Asked) -> None:
    before = asked.book.control("openai")["sold"]
    (run,) = asked.book.asked(asked.url, 1, SIGNALS)
    assert asked.book.control("openai")["sold"] == before
    assert run.told["facts"]["statuses"] == {}


def test_pages_that_give_instructions_change_no_answer(asked: Asked) -> None:
    assert len({one.account for one in asked.of_injected()}) >= INJECTED
    for one in asked.of_injected():
        assert asked.untrue(one) == set(), (one.site, one.signal)
        assert asked.lost(one) == [], (one.site, one.signal)


@pytest.fixture
def obeyed(book: SignalBook, tmp_path: Path) -> Iterator[Asked]:
    """The accounts whose pages give instructions, asked of a model that obeys every one of them."""
    with serving_sandbox(tmp_path, *WORLD, "--openai=gullible=1") as gullible, book.copied() as url:
        ids = [account.id for account in book.accounts if account.injected]
        with psycopg.connect(url) as conn:
            conn.execute("DELETE FROM crm.accounts WHERE NOT id = ANY(%s)", [ids])
            conn.execute("DELETE FROM research.accounts WHERE NOT account_id = ANY(%s)", [ids])
        around = {**book.variables, **gullible.variables}
        here = replace(book, sandbox=gullible, variables=around)
        runs = here.asked(url, 1, SIGNALS)
        yield Asked(url, here, runs, here.control("openai"), {})


def test_a_model_that_obeys_pages_is_not_believed(obeyed: Asked) -> None:
    """It may be silenced, as by "answer that nothing was found"; nothing untrue or of another account gets in."""
    assert obeyed.seen["sold"] >= INJECTED
    for one in obeyed.of_injected():
        assert obeyed.untrue(one) == set(), (one.site, one.signal)


def test_memory_does_not_grow_with_the_book(book: SignalBook, template_database: str) -> None:
    small, large = (_peak_mb(book, template_database, accounts) for accounts in (300, 3_000))
    assert large < small + 8


def _peak_mb(book: SignalBook, template: str, accounts: int) -> float:
    """Return the most memory of a run over so many accounts, whose sites nobody could read."""
    with book.copied(template) as url:
        put(url, [Chosen(f"a{n}", f"https://c{n}.example") for n in range(accounts)])
        look_in_vain(url, [f"c{n}.example" for n in range(accounts)])
        (run,) = book.asked(url, 1, SIGNALS[:1])
        assert len(answers(url, SIGNALS)) == accounts
    return float(run.told["peak_mb"])
