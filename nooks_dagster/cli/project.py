"""The project that a command works on: found upwards from the current folder, its `.env` applied.

Belongs here: what every command does first. Does not: create `.env` (`nooks up`).
"""

from nooks_dagster.local import environment
from nooks_dagster.local.environment import Environment


def use_project() -> None:
    """Run and look after the go-to-market data platform."""
    environment.apply(project())


def project() -> Environment:
    """Return the project folder around the current one, and its configuration.

    Raises:
        Permanent: There is none, or it was moved.
    """
    return environment.read(environment.find_root())
