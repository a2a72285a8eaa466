"""What workspaces and connections may be called.

Belongs here: the rules, and their refusal in words. Does not: which names are taken (`workspaces.registry`).
"""

import re

from nooks_dagster.failures import Permanent

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,63}")
_CONNECTION = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_WORDS = {" ": "a space", ",": "a comma", "/": "a slash", "\n": "a line break", "\t": "a tab"}


def workspace_name(name: str) -> str:
    """Return a workspace's name if it can be a partition key, a folder and a tag.

    Raises:
        Permanent: It cannot; the message says which characters stand in the way.
    """
    if _NAME.fullmatch(name) and name != "." and ".." not in name:
        return name
    raise Permanent(
        f"A workspace cannot be named {name[:80]!r}: {_what_is_wrong(name)}.",
        next_step="Use 1 to 63 letters, digits, dots, dashes or underscores, such as acme or acme-europe.",
    )


def connection_name(name: str) -> str:
    """Return a connection's id if it can be a folder, a file and a lane.

    Raises:
        Permanent: It cannot.
    """
    if _CONNECTION.fullmatch(name) and ".." not in name:
        return name
    raise Permanent(
        f"A connection cannot be named {name[:80]!r}.",
        next_step="Use 1 to 100 letters, digits, dots, dashes or underscores for --name, such as acme-second.",
    )


def _what_is_wrong(name: str) -> str:
    if not name:
        return "the name is empty"
    if name == "." or ".." in name:
        return "lone or repeated dots mean folders and ranges elsewhere"
    strange = sorted(set(re.sub(r"[A-Za-z0-9_.-]", "", name)))
    if strange:
        return "it contains " + ", ".join(_WORDS.get(c, repr(c)) for c in strange[:5])
    return f"it has {len(name)} characters"
