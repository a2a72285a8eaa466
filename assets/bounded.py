"""Tables and sentences that fit into Dagster's storage, whatever the data: no event above 8 KB (I8).

Belongs here: the bounds. Does not: what matters most; the caller sorts.
"""

import json
from bisect import bisect
from collections.abc import Collection, Mapping, Sequence

TABLE_BYTES = 5_500  # leaves room for the other metadata of the event
CELL_LETTERS = 240  # two sentences
FAILURE_BYTES = 800  # Dagster keeps a failure three times in one event, beside 5.5 KB of its own stack traces


def markdown(
    rows: Sequence[Mapping[str, str]], most: int, numbers: Collection[str] = (), *, size: int = TABLE_BYTES
) -> str:
    """Return the first rows as a table, and a line that tells how many more there are.

    Args:
        rows: At least one; the keys of the first are the columns.
        most: Rows to show; fewer when they are long.
        numbers: The columns that are aligned to the right.
        size: Bytes that it may take, less where its event holds much besides.
    """
    rules = ["-:" if name in numbers else "-" for name in rows[0]]
    lines = [_line(list(rows[0])), "|" + "|".join(rules) + "|"]
    size -= sum(_size(line) for line in lines)
    shown = 0
    for line in (_line([_cell(text) for text in row.values()]) for row in rows[:most]):
        size -= _size(line)
        if size < 0:
            break
        lines.append(line)
        shown += 1
    return "\n".join(lines) + (f"\n\n… and {len(rows) - shown:,} more." if shown < len(rows) else "")


def sentences(texts: Sequence[str]) -> str:
    """Return the first sentences that fit into a failure, at least a part of one, and how many more there are."""
    shown = [_cut(texts[0])]
    for text in texts[1:]:
        if _size("; ".join([*shown, text])) > FAILURE_BYTES:
            break
        shown.append(text)
    more = [f"and {len(texts) - len(shown):,} more"] if len(texts) > len(shown) else []
    return "; ".join(shown + more)


def _cut(text: str) -> str:
    if _size(text) <= FAILURE_BYTES:
        return text
    letters = bisect(range(len(text)), FAILURE_BYTES, key=lambda end: _size(text[:end]))
    return text[: letters - 1] + "…"


def _size(text: str) -> int:
    """Return the bytes that Dagster stores: JSON, in which a letter beyond ASCII takes six."""
    return len(json.dumps(text))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    flat = " ".join(text.split())
    short = flat if len(flat) <= CELL_LETTERS else flat[: CELL_LETTERS - 1] + "…"
    return short.replace("|", "\\|")
