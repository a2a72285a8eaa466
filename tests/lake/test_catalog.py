"""The catalog of parts is committed with the work that landed them."""

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.catalog import add_part, cataloged
from nooks_dagster.lake.handle import Handle

PART = Handle("gs://lake/crm_raw/accounts/1.parquet", 10, 1_000, "a" * 64)


def test_a_part_is_catalogued_once_however_often_it_is_added(db: Database) -> None:
    with db.transaction() as conn:
        for _ in range(2):
            add_part(conn, "crm_raw/accounts", PART, item_id=7, shape="s")
        add_part(conn, "crm_raw/contacts", Handle("gs://lake/other", 1, 1, "b" * 64), item_id=None, shape="s")
    with db.transaction() as conn:
        assert list(cataloged(conn, "crm_raw/accounts")) == [PART.uri]


def test_a_part_goes_with_the_transaction_that_added_it(db: Database) -> None:
    def dies() -> None:
        with db.transaction() as conn:
            add_part(conn, "crm_raw/accounts", PART, item_id=7, shape="s")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        dies()
    with db.transaction() as conn:
        assert not cataloged(conn, "crm_raw/accounts")


def test_other_bytes_under_a_known_name_are_refused(db: Database) -> None:
    with db.transaction() as conn:
        add_part(conn, "crm_raw/accounts", PART, item_id=7, shape="s")
    with pytest.raises(Corrupt, match=f"{PART.uri}.*other bytes"), db.transaction() as conn:
        add_part(conn, "crm_raw/accounts", Handle(PART.uri, 10, 1_000, "c" * 64), item_id=7, shape="s")
