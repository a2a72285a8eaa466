"""The one danger of plain top-level names: another distribution that ships `resources` or `assets` shadows ours.

Belongs here: noticing it with a sentence, where Python would only say ModuleNotFoundError.
"""

from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

SURFACE = ("assets", "resources", "schedules", "sensors")


def forbid_shadows() -> None:
    """Check that the four folders are those beside this package.

    Raises:
        ImportError: One of them is somebody else's; the message names the distribution.
    """
    home = Path(__file__).resolve().parents[1]
    for name in SURFACE:
        spec = find_spec(name)
        origin = Path(spec.origin) if spec and spec.origin else None
        if origin is None or origin.parent.parent.resolve() != home:
            owners = ", ".join(packages_distributions().get(name, [])) or "an unknown distribution"
            raise ImportError(
                f"The top-level package '{name}' is not this project's but comes from {owners} ({origin}). "
                f"Uninstall that distribution, or install this project in an environment of its own."
            )
