"""The sandbox as a process: a small portal behind HubSpot's host name.

Belongs here: starting it, writing to it as other programs do, its truth. Does not: portals in memory (`memory_portal`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from sandbox.hubspot.portals import Portals
from sandbox.hubspot.truth import lines
from tests.crm.sandboxes import Sandbox, serving_sandbox
from tests.sandbox.process import UNHURRIED

SECRET = {"access_token": "pat-sandbox-globex"}


class ServedPortal(Sandbox):
    """A sandbox with a portal `globex`."""

    def truth(self, name: str) -> list[dict[str, Any]]:
        """Return every record of a type, archived ones too, then the ids that were merged away."""
        portal = Portals(self.state).get("globex")
        return list(lines(portal, portal.type(name)))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API as another program does."""
        headers = {"Authorization": f"Bearer {SECRET['access_token']}"}
        answer = requests.request(method, f"https://api.hubapi.com{path}", json=body, headers=headers, timeout=60)
        assert answer.ok, (path, answer.status_code, answer.text[:300])
        return answer.json() if answer.content else None

    def update(self, name: str, values: Mapping[str, Mapping[str, str]]) -> None:
        """Change properties of at most 100 records."""
        inputs = [{"id": record, "properties": properties} for record, properties in values.items()]
        self.call("POST", f"/crm/v3/objects/{name}/batch/update", {"inputs": inputs})

    def archive(self, name: str, ids: Sequence[str]) -> None:
        """Move records to the recycle bin."""
        self.call("POST", f"/crm/v3/objects/{name}/batch/archive", {"inputs": [{"id": record} for record in ids]})

    def merge(self, name: str, primary: str, other: str) -> str:
        """Merge two records; return the id of the record that they are from now on."""
        body = {"primaryObjectId": primary, "objectIdToMerge": other}
        return str(self.call("POST", f"/crm/v3/objects/{name}/merge", body)["id"])

    def control(self, word: str, wish: Mapping[str, Any]) -> None:
        """Steer the portal's clock, or its index."""
        url = f"http://127.0.0.1:{self.port}/control/portals/globex/{word}"
        assert requests.post(url, json=wish, timeout=60, proxies={"http": ""}).ok


@contextmanager
def served(folder: Path, accounts: int, *others: str) -> Iterator[ServedPortal]:
    """Serve a seeded portal without rates, and other worlds, for as long as the block lasts."""
    with serving_sandbox(folder, "--portal", "globex", "--accounts", str(accounts), *others, *UNHURRIED) as sandbox:
        yield ServedPortal(sandbox.state, sandbox.port)
