"""One pool for all that a process does at once."""

import threading

import dagster as dg
import pytest

from nooks_dagster.settings import settings
from resources.postgres import PostgresResource


@dg.op
def ask(postgres: PostgresResource) -> None:
    with postgres.database.transaction() as conn:
        conn.execute("select 1")


@dg.job(executor_def=dg.in_process_executor)
def asking() -> None:
    ask()


def test_the_end_of_one_run_disturbs_no_other_thread_of_the_process(database_url: str) -> None:
    postgres = PostgresResource(url=database_url, connections=2)
    over = threading.Event()
    errors: list[Exception] = []

    def tick() -> None:
        while not over.is_set():
            try:
                with postgres.database.transaction() as conn:
                    conn.execute("select pg_sleep(0.005)")
            except Exception as error:  # noqa: BLE001  whatever it is, it is what a sensor would have met
                errors.append(error)

    threads = [threading.Thread(target=tick) for _ in range(6)]  # more than there are connections: some always wait
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            assert asking.execute_in_process(resources={"postgres": PostgresResource(url=database_url, connections=2)})
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert errors == []


def test_the_bound_of_the_pool_is_the_one_of_the_settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings().model_copy(update={"postgres_connections": 9})
    monkeypatch.setattr("resources.postgres.settings", lambda: chosen)
    assert PostgresResource(url=database_url).database._size == 9
    assert PostgresResource(url=database_url, connections=2).database._size == 2
