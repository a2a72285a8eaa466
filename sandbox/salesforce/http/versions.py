"""The API versions that are answered, and what becomes of the others.

Belongs here: the list, its labels, its check. Does not: resources of a version (`resources`).
"""

from sandbox.salesforce.http.errors import ApiError, not_found

OLDEST, NEWEST = 31, 67  # 7 to 30 were retired with Summer '25; 67 is Summer '26.
_SEASONS = ("Summer", "Winter", "Spring")


def list_versions() -> list[dict[str, str]]:
    """Answer `/services/data`, which wants no token."""
    return [
        {"label": _label(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(OLDEST, NEWEST + 1)
    ]


def check_version(version: str) -> None:
    """Let a version such as `59.0` pass.

    Raises:
        ApiError: 410 for a retired one, 404 for one that never was.
    """
    number, _, minor = version.partition(".")
    if minor != "0" or not number.isdigit() or int(number) > NEWEST or int(number) < 1:
        raise not_found()
    if int(number) < OLDEST:
        raise ApiError(410, "GONE", f"API version {version} is retired; use {OLDEST}.0 or later")


def _label(number: int) -> str:
    releases = number - OLDEST
    return f"{_SEASONS[releases % 3]} '{14 + (releases + 2) // 3}"
