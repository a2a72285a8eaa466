"""The control port steers sites, and says with a sentence what it cannot do."""

from typing import Any

import pytest

from tests.sandbox.process import Sandbox

HOST = "/control/sites/kitehive-tea7.example"


@pytest.mark.parametrize(
    ("path", "wish", "status", "sentence"),
    [
        ("/control/sites/nobody.example", {"kind": "partner", "values": {}}, 404, "no company has a site"),
        (HOST, {"kind": "colour", "values": {}}, 400, "there is no fact of kind colour"),
        (HOST, {"kind": "partner", "values": {"colour": "red"}}, 400, "has no colour"),
        (HOST, {"kind": "partner", "values": {}}, 400, "no sentence can state"),
        (HOST, {"kind": "opening", "values": {"department": "Magic", "open_roles": 1}}, 400, "no sentence can state"),
        ("/control/sites", {"day": -1}, 400, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_done_is_refused(served: Sandbox, path: str, wish: Any, status: int, sentence: str) -> None:
    reply = served.control(path, "POST", wish)
    assert (reply.status_code, sentence in reply.json()["error"]) == (status, True), reply.text


def test_a_site_is_described_with_its_pages_and_what_they_state(served: Sandbox) -> None:
    described = served.control(HOST).json()
    assert (described["host"], described["company"]) == ("kitehive-tea7.example", "Kitehive")
    assert described["pages"][0]["kind"] == "home"
    assert {"kind", "url", "open", "states"} == described["pages"][0].keys()
