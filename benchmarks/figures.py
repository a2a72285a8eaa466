"""What reports have in common whose figures are compared: the file, the table on the screen.

Belongs here: writing and showing figures. Does not: which figures follow from what was measured (each report).
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table


@dataclass(frozen=True, slots=True)
class FiguresReport(ABC):
    """A measurement, from whose values figures follow."""

    taken_at: str
    release: str

    @property
    @abstractmethod
    def name(self) -> str:
        """What was measured, as part of a file's name."""

    @abstractmethod
    def figures(self) -> Mapping[str, float]:
        """Return what two reports are compared by."""

    def write(self, folder: Path) -> Path:
        """Write the report as JSON; return where."""
        path = folder / f"{self.taken_at[:10]}-{self.release}-{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{json.dumps(asdict(self) | {'figures': self.figures()}, indent=1)}\n")
        return path


def figures_table(title: str, figures: Mapping[str, float], digits: int = 2) -> Table:
    """Return the figures as a person reads them."""
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    table.add_column("", justify="right")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.{digits}f}")
    return table
