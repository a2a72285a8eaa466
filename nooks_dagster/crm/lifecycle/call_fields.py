"""Choosing what logged calls hold beside the call: constants of a customer's own, each checked against the CRM.

Belongs here: from what a person wrote to what is kept. Does not: what a field can hold (`constants` of each CRM).
"""

from collections.abc import Callable, Mapping, Sequence

from nooks_dagster.crm.activities import Constants
from nooks_dagster.failures import Permanent


def chosen_fields(
    before: Constants,
    typed: Callable[[Mapping[str, str]], Constants],
    more: Sequence[str] = (),
    fewer: Sequence[str] = (),
) -> Constants:
    """Return the constants of a connection after a choice.

    Args:
        before: Those that stand.
        typed: Checks them by the CRM (`crm.activities.ActivityWriter.typed`); called only if there are more.
        more: As a person writes them: `Type=Call`.
        fewer: Names of those that end.

    Raises:
        Permanent: One is no pair, is not there to be ended, or its field cannot hold it.
        Failure: The CRM was not asked, or gave no answer.
    """
    if unknown := [name for name in fewer if name not in before]:
        known = f"There are: {', '.join(before)}." if before else "There are none."
        raise Permanent(f"No value was chosen for {', '.join(unknown)}.", next_step=known)
    kept = {name: value for name, value in before.items() if name not in fewer}
    return {**kept, **typed(_pairs(more))} if more else kept


def _pairs(texts: Sequence[str]) -> Mapping[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, _, value in pairs:
        if not name.strip() or not value.strip():
            raise Permanent("A field is written with its value: NAME=VALUE.", next_step="For example Type=Call.")
    return {name.strip(): value.strip() for name, _, value in pairs}
