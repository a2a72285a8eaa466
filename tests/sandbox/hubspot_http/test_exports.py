"""Exports: one after the other, and a file for whoever has its address."""

import csv
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.hubspot_http.conftest import Api

EXPORT = "/crm/v3/exports/export/async"
WISH = {"exportType": "VIEW", "format": "CSV", "exportName": "all", "objectType": "companies"}
Serve = Callable[..., Api]


def finished(api: Api, **wish: Any) -> str:
    """Return the path of the file of an export."""
    task = api.post(EXPORT, WISH | wish)
    assert task.status == 202
    status = task.json["links"]["status"].removeprefix("https://api.hubapi.com")
    api.portal.advance(2)
    told = api.get(status).json
    assert told["status"] == "COMPLETE"
    return str(told["result"]).removeprefix("https://app.hubspot.com")


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def test_a_file_is_the_truth(api: Api) -> None:
    options = ["NAMES", "VALUES"]
    path = finished(api, objectProperties=["name", "industry"], exportInternalValuesOptions=options)
    truth = [each for each in api.portal.truth(api.portal.type("companies")) if each.archived_at is None]
    told = rows(api.get(path, token="").body)
    assert [int(row["Record ID"]) for row in told] == [record.id for record in truth]
    for name in ("name", "industry"):
        assert [row[name] for row in told] == [record.properties.get(name) or "" for record in truth]


def test_a_filter_and_labels_are_heeded(api: Api) -> None:
    first = api.get("/crm/v3/objects/companies?limit=1").ids[0]
    condition = {"propertyName": "hs_object_id", "operator": "EQ", "value": str(first)}
    search = {"filterGroups": [{"filters": [condition]}]}
    told = rows(api.get(finished(api, publicCrmSearchRequest=search, objectProperties=["hs_object_id"])).body)
    assert [row["Record ID"] for row in told] == [str(first)]
    assert "hs_object_id" not in told[0]


def test_one_export_waits_for_the_one_before(serve: Serve) -> None:
    api = serve(export_seconds=10)
    paths = [api.post(EXPORT, WISH).json["links"]["status"].removeprefix("https://api.hubapi.com") for _ in range(2)]
    assert [api.get(path).json["status"] for path in paths] == ["PROCESSING", "PENDING"]
    api.portal.advance(11)
    assert [api.get(path).json["status"] for path in paths] == ["COMPLETE", "PROCESSING"]


def test_an_address_is_good_for_five_minutes(api: Api) -> None:
    path = finished(api)
    assert api.get(path, token="").status == 200
    assert api.get(path[:-1] + "x", token="").status in {403, 404}
    api.portal.advance(301)
    assert api.get(path, token="").status == 403


def test_thirty_a_day_are_taken_in(serve: Serve) -> None:
    api = serve(daily_exports=2)
    assert [api.post(EXPORT, WISH).status for _ in range(3)] == [202, 202, 429]


def test_a_large_file_is_zipped(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.hubspot.http.export_files._WORTH_ZIPPING", 100)
    monkeypatch.setattr("sandbox.hubspot.http.export_files._ROWS_A_FILE", 150)
    reply = api.get(finished(api))
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        files = [rows(archive.read(name)) for name in archive.namelist()]
    assert [len(file) for file in files] == [150, sum(map(len, files)) - 150]


@pytest.mark.parametrize("change", [{"exportType": "X"}, {"format": "XLSX"}, {"objectProperties": ["nope"]}])
def test_an_export_that_cannot_be_is_refused(api: Api, change: dict[str, Any]) -> None:
    assert api.post(EXPORT, WISH | change).status == 400
    assert api.get(f"{EXPORT}/tasks/99/status").status == 404
