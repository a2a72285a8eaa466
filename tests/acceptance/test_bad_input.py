"""What a person gives wrong, at the command they give it to: one sentence, a next step, nothing recorded."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from assets.crm.config import CrmSyncConfig
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.salesforce import session
from nooks_dagster.crm.salesforce.lines import Line
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.workspaces.registry import Registry
from tests.crm.salesforce.fake_org import FakeOrg, Rerouted
from tests.crm.salesforce.world import SECRET, USER, World
from tests.crm.scripted import Answer, serving

pytestmark = pytest.mark.acceptance

Nooks = Callable[..., Result]
APP = {"consumer_key": "3MVG9lKcPoNINVB", "consumer_secret": "hush-hush", "domain": "acme.my"}


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put credentials into the environment, as `nooks-sandbox env` or a person does."""

    def variables(credentials: dict[str, str]) -> None:
        for name, value in credentials.items():
            monkeypatch.setenv(f"SALESFORCE_{name.upper()}", value)

    return variables


def refused(result: Result, *words: str) -> None:
    """Check that a command ended with a sentence and a next step, and showed no secret and no traceback."""
    assert result.exit_code == 1, result.output
    text = " ".join(result.stderr.split())
    assert text.startswith("✗ "), text
    for word in words:
        assert word in text
    for hidden in ("Traceback", "hush-hush", SECRET["consumer_secret"], USER["password"]):
        assert hidden not in result.output


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        ({**SECRET, "consumer_secret": "hush-hush"}, ["acme-salesforce", "secret"]),
        ({**SECRET, "consumer_key": "SANDBOX.nobody"}, ["acme-salesforce", "nooks connect"]),
        (
            {**SECRET, "domain": "nowhere.my"},
            ["acme-salesforce", "does not speak the Salesforce API", "Check the domain"],
        ),
        ({**SECRET, "domain": "acme.my.example.org"}, ["domain"]),
        ({**SECRET, "domain": "login"}, ["client credentials", "login.salesforce.com", "--domain acme.my"]),
        ({**USER, "password": "hush-hush"}, ["acme-salesforce", "password"]),
        ({**USER, "security_token": "hush-hush"}, ["security token"]),
        ({"consumer_key": "SANDBOX.acme"}, ["incomplete", "consumer_secret"]),
        (APP, ["look like real credentials", "sent nowhere", "NOOKS_SANDBOX=false"]),
    ],
)
def test_credentials_that_do_not_work_are_refused_in_words(
    credentials: dict[str, str], words: list[str], nooks: Nooks, give: Callable[..., None], db: Database
) -> None:
    give(credentials)
    refused(nooks("connect", "salesforce", "acme"), *words)
    assert Registry(db).workspaces() == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("acme,inc", "a comma"), ("acme inc", "a space"), ("a" * 64, "64 characters"), ("", "the name is empty")],
)
def test_a_workspace_name_that_cannot_be_a_partition_is_refused(
    name: str, words: str, nooks: Nooks, give: Callable[..., None], db: Database
) -> None:
    give(SECRET)
    refused(nooks("connect", "salesforce", name), words, "letters, digits, dots")
    assert Registry(db).workspaces() == []


def test_an_unknown_kind_names_the_known_ones(nooks: Nooks) -> None:
    refused(nooks("connect", "pipedrive", "acme"), "pipedrive", "Use one of: salesforce")


def test_a_real_world_whose_proxy_is_still_the_sandbox_is_refused_before_anything_is_sent(
    nooks: Nooks, give: Callable[..., None], org: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project" / ".nooks").mkdir()
    (tmp_path / "project" / ".nooks" / "sandbox").symlink_to(org.state)
    monkeypatch.setenv("NOOKS_SANDBOX", "false")
    give(APP)
    refused(nooks("connect", "salesforce", "acme"), "REQUESTS_CA_BUNDLE", "trust the sandbox", "Remove these lines")


def test_a_sandbox_without_its_proxy_is_refused_before_anything_is_sent(
    nooks: Nooks, give: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HTTPS_PROXY")
    give(SECRET)
    refused(nooks("connect", "salesforce", "acme"), "HTTPS_PROXY is not set")


def test_credentials_of_the_sandbox_are_refused_in_the_real_world(
    nooks: Nooks, give: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOOKS_SANDBOX", "false")
    give(SECRET)
    refused(nooks("connect", "salesforce", "acme"), "credentials of the sandbox", "sent nowhere")


@pytest.fixture
def forbidding_org(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOrg]:
    """An org whose user sees Account and Contact, and may not read Contact."""
    org = FakeOrg()
    org.rule = _answers
    with serving(org) as server:

        def rerouted(subject: str) -> Line:
            line = Line(subject)
            line.mount("https://", Rerouted(server.server_port))
            return line

        monkeypatch.setattr(session, "Line", rerouted)
        yield org


def _answers(path: str, _token: str) -> Answer | None:
    if path.endswith("/sobjects"):
        common = {"queryable": True, "custom": False, "replicateable": True, "layoutable": True}
        return Answer({"sobjects": [{"name": name, **common} for name in ("Account", "Contact")]})
    if "/sobjects/Account/describe" in path:
        fields = [{"name": "Id", "type": "id"}, {"name": "SystemModstamp", "type": "datetime"}]
        return Answer({"name": "Account", "fields": fields, "replicateable": True})
    if "/sobjects/Contact/describe" in path:
        return Answer([{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}], 403)
    if "recordCount" in path:
        return Answer({"sObjects": [{"name": "Account", "count": 3}]})
    return None


@pytest.mark.usefixtures("forbidding_org")
def test_an_object_that_may_not_be_read_is_named_and_the_rest_is_connected(
    nooks: Nooks, give: Callable[..., None], db: Database
) -> None:
    give(SECRET)
    result = nooks("connect", "salesforce", "acme")
    assert result.exit_code == 0, result.output
    assert "crm/accounts" in result.stdout
    assert "crm/contacts" not in result.stdout
    (sentence,) = [line for line in result.stdout.splitlines() if "Contact will not be synced" in line]
    assert "Give the user Read" in sentence
    assert [connection.id for connection in Registry(db).connections()] == ["acme-salesforce"]


def test_an_object_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Permanent, match=r"no object acounts\. Choose of accounts, activities"):
        CrmSyncConfig(objects=["acounts"]).request(set(OBJECTS))


def test_a_secret_that_was_rotated_marks_the_connection_and_a_new_one_mends_it(
    nooks: Nooks, give: Callable[..., None], platform: Platform, tmp_path: Path
) -> None:
    give(SECRET)
    assert nooks("connect", "salesforce", "acme").exit_code == 0
    secret = tmp_path / "secrets" / "acme-salesforce.json"
    secret.write_text(secret.read_text().replace(SECRET["consumer_secret"], "rotated"))
    sync = WorkspaceSync(platform, SyncRun("acme", "run-1"))
    assert list(sync.run()) == []
    assert "nooks connect" in sync.problems[0]
    told = nooks("status", "acme")
    assert told.exit_code == 1
    assert "UNAUTHORIZED" in told.stdout
    assert nooks("connect", "salesforce", "acme").exit_code == 0
    endings = {report.ending for report in WorkspaceSync(platform, SyncRun("acme", "run-2")).run()}
    assert Ending.DONE in endings
    assert endings <= {Ending.DONE, Ending.HELD_BACK}
    assert nooks("status", "acme").exit_code == 0


def test_postgres_that_is_down_is_one_sentence_at_every_command(
    nooks: Nooks, give: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOOKS_POSTGRES_URL", "postgresql://nooks:hush-hush@127.0.0.1:9/nooks")
    give(SECRET)
    refused(nooks("connect", "salesforce", "acme"), "127.0.0.1:9/nooks", "Postgres does not answer", "make up")
    refused(nooks("status"), "127.0.0.1:9/nooks", "Postgres does not answer", "make up")


def test_a_database_without_its_tables_is_one_sentence(
    nooks: Nooks, postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOOKS_POSTGRES_URL", postgres_server.url)
    refused(nooks("status"), "is not there", "applies migrations")
