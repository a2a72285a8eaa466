"""The configuration of this machine: the file `.env` in the project's root, and the variables it becomes.

Belongs here: finding the root, writing `.env` once, reading it, and what it says about each service.
Does not: interpret a setting of the platform (`nooks_dagster.settings`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values

from nooks_dagster.failures import Permanent
from nooks_dagster.local import sources
from nooks_dagster.local.dotenv_file import complete

SANDBOX_VARIABLES = ("HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "OPENAI_API_KEY")
RIVALS = ("https_proxy", "http_proxy", "all_proxy", "no_proxy", "grpc_proxy", "ALL_PROXY", "HTTP_PROXY")
LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Environment:
    """A project folder and what its `.env` says.

    Attributes:
        root: The folder that holds `dagster.yaml`, absolute.
        values: The variables of `.env`.
    """

    root: Path
    values: Mapping[str, str]

    @property
    def state(self) -> Path:
        """Return the folder of everything that `nooks up` writes."""
        return self.root / ".nooks"

    @property
    def digest(self) -> str:
        """Return a fingerprint of configuration and code, to notice that either changed while services run."""
        return sha256(repr((sorted(self.values.items()), sources.fingerprint(self.root))).encode()).hexdigest()

    @property
    def sandboxed(self) -> bool:
        """Tell whether the outside world is the sandbox."""
        return self.values.get("NOOKS_SANDBOX", "").lower() in ("1", "true", "yes", "on")

    def port(self, name: str) -> int:
        """Return the port that a variable names, by itself or in an address.

        Raises:
            Permanent: The variable is missing or names no port.
        """
        value = self.values.get(name, "")
        port = int(value) if value.isdigit() else _port_of(value)
        if port is None:
            raise Permanent(
                f"{name} in .env names no port.", next_step="Correct it, or remove .env to have it rewritten."
            )
        return port

    def is_local(self, name: str) -> bool:
        """Tell whether a variable is the address of a service of ours: local and without a password."""
        address = urlsplit(self.values.get(name, ""))
        return address.hostname in LOCAL and address.password is None

    def variables(self) -> dict[str, str]:
        """Return the whole environment of a service: this process's, under what `.env` says.

        While the sandbox is on, a proxy of the surrounding shell must not lead anybody past it.
        """
        inherited = {key: value for key, value in os.environ.items() if not (self.sandboxed and key in RIVALS)}
        return inherited | dict(self.values)


def find_root(start: Path | None = None) -> Path:
    """Return the project's root, upwards from `start` or the current folder.

    Raises:
        Permanent: There is none.
    """
    folder = (start or Path.cwd()).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / "workspace.yaml").exists() and (candidate / "dagster.yaml").exists():
            return candidate
    raise Permanent(f"{folder} is not inside a nooks project.", next_step="Change into its folder and try again.")


def read(root: Path) -> Environment:
    """Read `.env`; without the file there are no values.

    Raises:
        Permanent: The file was written for a folder of another name.
    """
    values = {key: value for key, value in dotenv_values(root / ".env").items() if value is not None}
    home = Path(values.get("DAGSTER_HOME", root / ".nooks" / "dagster"))
    if home.parts[-2:] == (".nooks", "dagster") and home.parents[1] != root:
        raise Permanent(
            f"This folder was moved or copied: its .env still names {home.parents[1]}.",
            next_step="Remove .env and start again; keys that you added to it have to be added again. "
            "The data in .nooks stays.",
        )
    return Environment(root, values)


def ensure(root: Path) -> Environment:
    """Read `.env`, after writing the local stack's values into it if this is the first start."""
    read(root)
    complete(root)
    return read(root)


def apply(environment: Environment) -> None:
    """Make the values of `.env` variables of this process; a variable that is set already wins.

    The sandbox's own five win over the shell: its credentials must not travel through a company's proxy, nor a real
    key to it.
    """
    for name, value in environment.values.items():
        if environment.sandboxed and name in SANDBOX_VARIABLES:
            os.environ[name] = value
        os.environ.setdefault(name, value)
    if environment.sandboxed:
        for name in RIVALS:
            os.environ.pop(name, None)


def _port_of(address: str) -> int | None:
    parts: SplitResult = urlsplit(address)
    try:
        return parts.port
    except ValueError:
        return None
