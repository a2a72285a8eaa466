"""The sample workspaces, as far as the sandbox must know of them: which accounts it makes for each.

Belongs here: names and sizes, for `nooks_dagster.local.stack` starts the sandbox with them. Does not: connecting
(`nooks_dagster.local.samples`), whose imports a supervisor has no need of.
"""

from collections.abc import Mapping, Sequence

from nooks_dagster.failures import Permanent

WORLDS: Mapping[str, Sequence[str]] = {
    "acme": ("--org", "acme"),
    "globex": ("--portal", "globex"),
    "initech": ("--org", "initech=500", "--portal", "initech=500"),  # two CRMs, small
}
"""Of each sample workspace, the options of `nooks-sandbox serve` that make its accounts if they are absent."""


def chosen(samples: str) -> list[str]:
    """Return the sample workspaces of a setting such as "acme,globex".

    Raises:
        Permanent: One of them is none.
    """
    names = [name.strip() for name in samples.split(",") if name.strip()]
    if unknown := [name for name in names if name not in WORLDS]:
        raise Permanent(
            f"There is no sample workspace {unknown[0][:40]!r}.",
            subject="NOOKS_SAMPLES",
            next_step=f"Name some of {', '.join(WORLDS)} in .env, separated by commas.",
        )
    return names
