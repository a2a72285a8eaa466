"""The door as it is used: the official client, through the proxy, to the sandbox's OpenAI, which keeps books too."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.llm.asking import Ask
from nooks_dagster.llm.costs import By, in_vain, sums
from nooks_dagster.llm.door import Door
from tests.llm.conftest import an_ask, chosen
from tests.sandbox.openai_http.prompts import CARE, GUARD, QUESTION, SNOWFLAKE, Answer, pages, said
from tests.sandbox.process import Sandbox, point

IN_FLIGHT = 8
ASKED = 150
FIRST_DAY = date(2026, 1, 1)
TERMS = {
    "mean_seconds": "0.05",
    "p99_seconds": "0.2",
    "hang_seconds": "3",
    "server_errors": "0.05",
    "unanswered": "0.02",
    "refusals": "0.05",
    "truncations": "0.05",
    "malformed": "0.05",
    "requests_per_minute": "1800",
    "limit_window_seconds": "1",
}


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox whose model is quick, and often in trouble."""
    terms = [word for name, value in TERMS.items() for word in ("--openai", f"{name}={value}")]
    sandbox = Sandbox(tmp_path / "sandbox", "--org", "acme", "--accounts", "10", *terms)
    point(sandbox, monkeypatch)
    yield sandbox
    sandbox.terminate()


def question(number: int) -> Ask:
    return an_ask(
        workspace=f"w{number % 3}",
        subject=f"{number}.example",
        instructions=f"{GUARD} {CARE}\n{QUESTION}",
        input=pages(said(SNOWFLAKE), account=f"{number}.example"),
        answer=Answer,
        effort="none",
    )


def test_both_books_agree_on_what_was_sold_whatever_went_wrong(db: Database, sandbox: Sandbox) -> None:
    settings = chosen(
        OPENAI_API_KEY="sk-sandbox-acme", sandbox=True, llm_timeout_seconds=2, llm_requests_in_flight=IN_FLIGHT
    )
    doors = [Door(db, settings) for _ in range(2)]

    def buy(number: int) -> str:
        try:
            bought = doors[number % 2].buy(question(number))
        except Failure as failure:
            return type(failure).__name__
        with db.transaction() as conn:
            doors[number % 2].settle(conn, bought)
        assert isinstance(bought.answer, Answer)
        return bought.answer.findings[0].product

    with ThreadPoolExecutor(24) as pool:
        ends = list(pool.map(buy, range(ASKED)))
    told = sandbox.control("/control/openai").json()
    assert {"Snowflake", "Refused", "Truncated", "Malformed", "Unanswered"} <= set(ends)
    assert ends.count("Snowflake") > ASKED / 2
    assert told["peak_in_flight"] <= IN_FLIGHT
    with db.transaction() as conn:
        (books,) = sums(conn, By.MODEL, FIRST_DAY)
        reasons = {one.why for one in in_vain(conn, FIRST_DAY)}
        states = dict(conn.execute("select state, count(*) from llm.purchases group by 1").fetchall())
    assert states["settled"] == told["sold"] - told["outcomes"]["unanswered"]
    assert states["unknown"] == ends.count("Unanswered")
    assert sum(states.values()) == ASKED
    assert float(books.usd - books.unknown_usd) <= told["usd"] <= float(books.usd)
    assert {"Refused", "Truncated", "Malformed"} <= reasons
