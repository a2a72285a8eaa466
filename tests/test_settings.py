"""Settings that cannot hold together are refused in a sentence."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from nooks_dagster.settings import Settings


def test_tests_read_no_env_file_of_the_folder_that_they_run_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("NOOKS_CRM_WORKERS=1\n")
    monkeypatch.chdir(tmp_path)
    assert Settings().crm_workers == Settings.model_fields["crm_workers"].default


def test_a_pool_too_small_for_the_workers_is_refused_with_the_number_that_is_enough() -> None:
    with pytest.raises(ValidationError, match="NOOKS_CRM_WORKERS = 8 and one more; set it to 9 or more"):
        Settings(crm_workers=8, postgres_connections=8)
    assert Settings(crm_workers=8, postgres_connections=9).crm_workers == 8


def test_a_bound_that_live_work_has_to_itself_is_refused() -> None:
    with pytest.raises(ValidationError, match="NOOKS_LLM_LIVE_REQUESTS is 96"):
        Settings(llm_live_requests=96)


def test_more_sessions_than_half_of_those_of_the_server_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"= 310 Postgres sessions, more than half of the 300 there are"):
        Settings(crm_runs=20, postgres_connections=9)
    with pytest.raises(ValidationError, match=r"NOOKS_CALLS_LIVE_WORKERS"):
        Settings(calls_live_workers=4)
    assert Settings(calls_live_workers=4, postgres_connections=5)


def test_a_language_or_region_that_nobody_knows_is_refused_and_any_case_of_its_letters_is_taken() -> None:
    chosen = Settings(calls_language="EN", calls_region="gb")
    assert (chosen.calls_language, chosen.calls_region) == ("en", "GB")
    with pytest.raises(ValidationError, match=r"'UK' is no region of ISO 3166\. .* GB\."):
        Settings(calls_region="UK")
    with pytest.raises(ValidationError, match=r"'klingon' is no language"):
        Settings(calls_language="klingon")
    with pytest.raises(ValidationError, match="calls_link"):
        Settings(calls_link="calls.example.com/{call}")
