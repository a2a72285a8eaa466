"""The dialer: calls at a rate, sent as the platform wants them, and the truth about each of them."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandbox.calls.dialer.people import People, Person, american, of_org, of_portal, spelled
from sandbox.calls.dialer.planning import MIX, Planner
from sandbox.calls.recordings import Recordings, Style
from sandbox.cli import app
from sandbox.hubspot.portals import Portals
from sandbox.salesforce.orgs import Orgs
from tests.sandbox.calls.platform import KEY, SECRET, Platform

EVERY_KIND = [word for kind in MIX for word in ("--mix", f"{kind}=1")]


@pytest.fixture
def platform() -> Iterator[Platform]:
    served = Platform()
    yield served
    served.shutdown()
    served.server_close()


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dialer")
    Orgs(folder).create_generated("acme", 60, 1)
    return folder


def dial(platform: Platform, state: Path, *options: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Dial, and return what the dialer told and the truth about its calls."""
    (state / "calls.jsonl").unlink(missing_ok=True)
    words = ["dial", "--state", str(state), "--to", platform.address, "--key", KEY, "--secret", SECRET]
    done = CliRunner().invoke(app, [*words, "--rate", "200", "--seed", "7", "--length", "3", *options])
    assert done.exit_code == 0, done.output
    written = CliRunner().invoke(app, ["truth", "calls", "--state", str(state)]).output
    return json.loads(done.output), [json.loads(line) for line in written.splitlines()]


def test_every_call_is_sent_and_its_truth_is_kept(platform: Platform, state: Path) -> None:
    told, truth = dial(platform, state, "--calls", "40", "--world", "acme")
    assert told["calls"] == 40
    assert told["answers"]["202"] == len(platform.calls)
    assert {row["call_id"] for row in truth} == set(platform.calls)
    for row in truth:
        sent = platform.submission(row["call_id"])
        if recording := sent.get("recording"):
            assert f"/{recording['uri'].removeprefix('gs://lake/')}" in platform.recordings


def test_no_two_recordings_are_the_same_unless_that_is_meant(platform: Platform, state: Path) -> None:
    dial(platform, state, "--calls", "30", "--pool", "2", "--mix", "plain")
    assert len(platform.recordings) == len(set(platform.recordings.values())) == 30


def test_every_kind_of_call_has_its_truth(platform: Platform, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.calls.dialer.sending.SECOND_COPY_SECONDS", 0.0)
    _, truth = dial(platform, state, "--calls", "120", "--world", "acme", *EVERY_KIND)
    assert {row["kind"] for row in truth} == set(MIX)
    for row in truth:
        sent = platform.submission(row["call_id"])
        expected = {"again": [202, 202], "other_body": [202, 409]}.get(row["kind"], [202])
        assert row["statuses"] == expected
        assert sent["recording_consent"] == (row["kind"] != "no_consent")
        if row["outcome"] == "recorded":
            assert row["kind"] == "mono" or all(told in str(row["texts"]) for told in row["personal"])
            assert row["match"] in {"matched", "ambiguous", "unknown"}
            assert (row["texts"] is None) == (row["kind"] in {"no_answer", "busy", "no_consent"})
        else:
            assert row["why"]
    assert any(row.get("personal") for row in truth)
    copies = [row for row in truth if row["call_id"].endswith("-copy")]
    assert {(row["outcome"], row["why"]) for row in copies} == {("refused", "duplicate_recording")}


def test_a_dialer_goes_on_until_it_is_answered(platform: Platform, state: Path) -> None:
    platform.refusals = {"/v1/calls": [503, 429], "/v1/recordings": [500], "upload": [503, 503]}
    _, truth = dial(platform, state, "--calls", "3", "--mix", "plain")
    assert Counter(row["statuses"][-1] for row in truth) == {202: 3}
    assert sorted(status for row in truth for status in row["statuses"][:-1]) == [429, 503]
    sizes = {len(content) for content in platform.recordings.values()}
    assert len(sizes) == 1  # Uploads that broke off in the middle went on where they stood.


def test_a_key_that_is_refused_is_told(platform: Platform, state: Path) -> None:
    told, truth = dial(platform, state, "--calls", "2", "--mix", "plain", "--secret", "wrong", "--key", "nk_other")
    assert told["answers"] == {"202": 1, "unsent": 1}
    assert [row["problem"] for row in truth if not row["id"]] == ["POST /v1/recordings was answered 401"]


def test_the_same_seed_plans_the_same_calls() -> None:
    plans = [
        [Planner(3, People(), Recordings(Style(seconds=3)), MIX).plan(number) for number in range(30)] for _ in (1, 2)
    ]
    assert plans[0] == plans[1]


def test_people_are_called_who_can_be_told_apart(state: Path) -> None:
    known = list(of_org(Orgs(state).get("acme")))
    owners = Counter(number for person in known for number in person.numbers)
    people, chance = People(known), random.Random(1)
    called = [people.call(chance) for _ in range(300)]
    assert {each.match for each in called} >= {"matched", "unknown"}
    for each in called:
        number = american(each.party["phone"])
        if each.match == "unknown":
            assert owners[str(number)] == 0
        elif each.person and "email" not in each.party:
            assert owners[str(number)] == 1
            assert number in each.person.numbers


def test_a_number_that_two_contacts_have_is_ambiguous_and_one_that_a_lead_has_too_is_left_alone() -> None:
    people = People(
        [
            Person("1", "contacts", "Ana", None, "2015550001", None),
            Person("2", "contacts", "Tom", None, "2015550001", None),
            Person("3", "contacts", "Eve", None, "2015550002", None),
            Person("4", "leads", "Bob", None, "2015550002", None),
        ]
    )
    chance = random.Random(1)
    called = [people.call(chance) for _ in range(100)]
    assert {american(each.party["phone"]) for each in called if each.match == "ambiguous"} == {"2015550001"}
    assert not [each for each in called if each.match == "matched"]


def test_contacts_of_a_portal_are_called_too(tmp_path: Path) -> None:
    portals = Portals(tmp_path)
    portals.create_generated("globex", 40, 1)
    known = {person.id: person for person in of_portal(portals.get("globex"))}
    people, chance = People(known.values()), random.Random(1)
    called = [each for each in (people.call(chance) for _ in range(60)) if each.person]
    assert len(called) > 20
    for each in called:
        person = known[each.person.id if each.person else ""]
        assert american(each.party["phone"]) in person.numbers or each.party["email"] == person.email


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("(201) 555-0100 x12", "2015550100"),
        ("tel:+1-201-555-0100", "2015550100"),
        ("1-201-555-0100 ext. 7", "2015550100"),
        ("+49 (0)201 5550100", None),
        ("+44 20 201 555 0100", None),
        ("00201 555 0100", None),
        (None, None),
    ],
)
def test_american_numbers_are_known_in_any_spelling(written: str | None, digits: str | None) -> None:
    assert american(written) == digits
    if digits:
        assert {american(spelled(digits, random.Random(seed))) for seed in range(20)} == {digits}
