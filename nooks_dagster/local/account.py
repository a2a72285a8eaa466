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
        uid: Its number; None for oneself.
        gid: Its group; None for oneself.
    """

    uid: int | None = None
    gid: int | None = None

    @property
    def identity(self) -> Identity:
        """Return what `subprocess` needs to run a command as this account."""
        if self.uid is None or self.gid is None:
            return Identity()
        return Identity(user=self.uid, group=self.gid, extra_groups=[])

    @classmethod
    def choose(cls) -> Self:
        """Return oneself, or for root `postgres`, else `nobody`.

        Raises:
            Permanent: Root, on a machine without either account.
        """
        if os.geteuid() != 0:
            return cls()
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise Permanent(
            "Postgres refuses to run as root, and there is neither an account `postgres` nor `nobody`.",
            next_step="Run as an ordinary user, or create one of the two.",
        )

    def can_enter(self, folder: Path) -> bool:
        """Tell by trying: mode bits alone would miss a closed parent folder and access lists."""
        attempt = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
        return subprocess.run(attempt, cwd="/", capture_output=True, check=False, **self.identity).returncode == 0

    def owns(self, folder: Path) -> None:
        """Make the account the owner of a folder of ours, closed to everyone else."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)
