"""A process whose threads buy until a cap is in their way, and settle what they bought.

Its first argument is the database, the second the provider, the third the workspace.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Deferred, RateLimited
from nooks_dagster.llm.door import Door
from tests.llm.conftest import an_ask, chosen

THREADS = 4
CAP = 0.004
IN_FLIGHT = 6


def main(url: str, provider: str, workspace: str) -> None:
    db = Database(url, size=3)
    settings = chosen(llm_usd_a_day=CAP, llm_requests_in_flight=IN_FLIGHT, llm_timeout_seconds=60)
    door = Door(db, settings, base_url=provider)

    def buy(thread: int) -> None:
        bought = 0
        while True:
            try:
                answer = door.buy(an_ask(workspace=workspace, subject=f"{thread}-{bought}.com"))
            except Deferred:
                return
            except RateLimited:  # until what others have under way is paid for
                time.sleep(0.02)
                continue
            with db.transaction() as conn:
                door.settle(conn, answer)
            bought += 1

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(buy, range(THREADS)))
    db.close()
