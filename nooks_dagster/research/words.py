"""Lists of words, written as a person reads them.

Belongs here: splitting them. Does not: any list.
"""


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())
