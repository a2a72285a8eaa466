"""The account that a server runs as when we are root: Postgres refuses to run as root.

Belongs here: choosing that account, and asking whether it can reach a folder.
Does not: changing anybody's permissions. A folder it cannot reach is replaced by one it can, never opened up.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypedDict

from nooks_dagster.failures import Permanent


class Identity(TypedDict, total=False):
    """The keyword arguments of `subprocess` that run a command as somebody else; empty for oneself."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account, or oneself.

    Attributes:
        name: Its login name.
        identity: What `subprocess` needs to run as it.
    """

    name: str
    identity: Identity

    @classmethod
    def choose(cls) -> Self:
        """Return oneself, or for root `postgres`, else `nobody`.

        Raises:
            Permanent: Root, on a machine without either account.
        """
        if os.geteuid() != 0:
            return cls(str(os.geteuid()), Identity())
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name, Identity(user=entry.pw_uid, group=entry.pw_gid, extra_groups=[]))
        raise Permanent(
            "Postgres refuses to run as root, and this machine has neither an account `postgres` nor `nobody`.",
            next_step="Run as an ordinary user, or create one of the two.",
        )

    def can_enter(self, folder: Path) -> bool:
        """Tell by trying: mode bits alone would miss a closed parent folder and access lists."""
        attempt = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        return (
            subprocess.run(attempt, cwd="/", capture_output=True, check=False, **self.identity).returncode
            == 0
        )

    def owns(self, folder: Path) -> None:
        """Make the account the owner of a folder of ours, closed to everyone else."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.identity:
            os.chown(folder, self.identity["user"], self.identity["group"])
        folder.chmod(0o700)
