"""Markdown tables that fit into Dagster's storage, whatever the data.

Belongs here: the bound of a metadata value. Does not: which rows matter most; the caller sorts.
"""

from collections.abc import Collection, Mapping, Sequence

MOST_BYTES = 5_500  # of the 8 KB that an event may have, all its values together
MOST_IN_A_CELL = 240  # characters: two sentences


def markdown(rows: Sequence[Mapping[str, str]], most: int, numbers: Collection[str] = ()) -> str:
    """Return the first rows as a table, and a line that tells how many more there are.

    Args:
        rows: At least one; the keys of the first are the columns.
        most: Rows to show; fewer when they are long.
        numbers: The columns that are aligned to the right.
    """
    rules = ["-:" if name in numbers else "-" for name in rows[0]]
    lines = [_line(list(rows[0])), "|" + "|".join(rules) + "|"]
    size = sum(len(line.encode()) + 1 for line in lines)
    shown = 0
    for line in (_line([_cell(text) for text in row.values()]) for row in rows[:most]):
        size += len(line.encode()) + 1
        if size > MOST_BYTES:
            break
        lines.append(line)
        shown += 1
    return "\n".join(lines) + (f"\n\n… and {len(rows) - shown:,} more." if shown < len(rows) else "")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    flat = " ".join(text.split())
    short = flat if len(flat) <= MOST_IN_A_CELL else flat[: MOST_IN_A_CELL - 1] + "…"
    return short.replace("|", "\\|")
