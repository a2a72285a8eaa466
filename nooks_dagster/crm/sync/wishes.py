"""What a person may wish of a CRM sync, in the words of Launchpad and command alike.

Belongs here: turning those words into a request, and refusing what makes no sense before any work is planned.
Does not: remembering the request (`crm.sync.asking`).
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.work import DEPTHS, Request, WindowKind
from nooks_dagster.failures import Permanent


def wish(
    objects: Collection[str] = (),
    *,
    refresh: bool = False,
    since: str | None = None,
    until: str | None = None,
    rebuild_from_lake: bool = False,
    sweep: Collection[str] = (),
    confirm_deletions: bool = False,
) -> Request:
    """Return a wish as a request. Without any word: all that is due, which is always safe.

    Args:
        objects: Names of canonical objects; none for all.
        refresh: Read every record again.
        since: Read again what changed from here on; ISO 8601, UTC if it names no offset.
        until: … up to here.
        rebuild_from_lake: Merge the raw rows in the lake again, without asking the CRM for anything.
        sweep: Compare every row: ids, and values that move no stamp: "calculated", "associations".
        confirm_deletions: Let the deletions go on that wait for a person.

    Raises:
        Permanent: It makes no sense; the message says why.
    """
    named = _named(objects)
    words = {
        "rebuild_from_lake": rebuild_from_lake,
        "sweep": sweep,
        "confirm_deletions": confirm_deletions,
        "refresh": refresh,
        "since": since or until,
    }
    _refuse_beside_each_other([word for word, wished in words.items() if wished])
    if rebuild_from_lake:
        return Request(WindowKind.REBUILD, named)
    if sweep or confirm_deletions:
        return Request(WindowKind.SWEEP, named, sweep=_depths(sweep), confirmed=confirm_deletions)
    begin, end = _moment("since", since), _moment("until", until)
    if begin is None and end is None:
        return Request(WindowKind.REFRESH if refresh else WindowKind.INCREMENTAL, named)
    if begin is None:
        raise Permanent("'until' is given without 'since'.", next_step="Give both, or use refresh: true.")
    if end is not None and begin >= end:
        raise Permanent(f"'since' ({begin:%Y-%m-%d %H:%M:%S}) is not before 'until' ({end:%Y-%m-%d %H:%M:%S}).")
    return Request(WindowKind.REREAD, named, begin.isoformat(), end.isoformat() if end else None)


def _refuse_beside_each_other(words: Sequence[str]) -> None:
    if len(words) > 1:
        raise Permanent(
            f"'{words[0]}' is one wish, '{words[1]}' another.",
            next_step="Leave one of them out; do one after the other if you want both.",
        )


def _depths(wanted: Collection[str]) -> tuple[str, ...]:
    unknown = sorted(set(wanted) - set(DEPTHS))
    if unknown:
        raise Permanent(
            f"There is no sweep of {', '.join(unknown)[:200]}.", next_step=f"Choose of {', '.join(DEPTHS)}."
        )
    return tuple(depth for depth in DEPTHS if depth in wanted)


def _named(objects: Collection[str]) -> tuple[str, ...]:
    unknown = sorted(set(objects) - set(OBJECTS))
    if unknown:
        names = ", ".join(unknown)[:200]
        raise Permanent(f"There is no object {names}.", next_step=f"Choose of {', '.join(sorted(OBJECTS))}.")
    return () if set(objects) == set(OBJECTS) else tuple(sorted(set(objects)))


def _moment(name: str, text: str | None) -> datetime | None:
    """Read a time; one without an offset is UTC, as the CRMs' clocks are."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Permanent(
            f"'{name}' is no time: {text[:40]!r}.", next_step="Write it as 2026-01-31 or 2026-01-31T08:00:00+00:00."
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
