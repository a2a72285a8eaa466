"""The CSV files of an export, row by row, with every complaint naming file and line.

Belongs here: bytes to texts. Does not: types, ids, storage.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LARGEST_FIELD = 16 * 2**20  # bytes; the csv module's own bound is the length of Salesforce's longest text area


def csv_files(folder: Path) -> list[Path]:
    """Return the files of an export, sorted by name.

    Raises:
        ValueError: There is no folder, no CSV file in it, or a file is not named after an object.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give the folder that holds the CSV files of the export")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.is_file())
    if not files:
        raise ValueError(f"{folder} holds no CSV file: an export has one per object, such as Account.csv")
    seen: set[str] = set()
    for path in files:
        if not _NAME.fullmatch(path.stem) or path.stem.lower() in seen:
            raise ValueError(f"{path.name}: name each file after one object's API name, such as Account.csv")
        seen.add(path.stem.lower())
    return files


class ExportFile:
    """One file: its header, then its rows with the number of the line each begins on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        csv.field_size_limit(_LARGEST_FIELD)
        self._rows = self._read()
        self.header = self._header()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and texts; blank lines are skipped.

        Raises:
            ValueError: A row has too many or too few texts, a quote is wrong, or bytes are no UTF-8.
        """
        for line, row in self._rows:
            if len(row) != len(self.header):
                raise self.complaint(line, f"{len(row)} values under {len(self.header)} columns")
            yield line, row

    def complaint(self, line: int, what: str) -> ValueError:
        """Return an error that says where in which file."""
        return ValueError(f"{self.path.name} line {line}: {what}")

    def _header(self) -> list[str]:
        line, header = next(self._rows, (1, []))
        if not header:
            raise self.complaint(line, "the file is empty; its first line must name the columns")
        names = [name.lower() for name in header]
        for name in header:
            if not _NAME.fullmatch(name):
                raise self.complaint(line, f"column '{name}' is no API field name")
            if names.count(name.lower()) > 1:
                raise self.complaint(line, f"column '{name}' appears twice")
        if "id" not in names:
            raise self.complaint(line, "there is no Id column; export the object again with its Id")
        return header

    def _read(self) -> Iterator[tuple[int, list[str]]]:
        with self.path.open("rb") as stream:
            reader = csv.reader(self._lines(stream), strict=True)
            begin = 1
            try:
                for row in reader:
                    if row:
                        yield begin, row
                    begin = reader.line_num + 1
            except csv.Error as error:
                raise self.complaint(begin, f"this is no CSV: {error}") from error

    def _lines(self, stream: Iterator[bytes]) -> Iterator[str]:
        for number, raw in enumerate(stream, 1):
            try:
                yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise self.complaint(number, "bytes that are no UTF-8; save the file as UTF-8") from error
