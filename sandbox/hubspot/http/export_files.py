"""The file of an export: CSV, zipped above 2 MB, in pieces of a million rows; made when it is fetched.

Belongs here: its bytes. Does not: when there is one (`exports`), who may fetch it (`export_address`).
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sandbox.hubspot.http import exports
from sandbox.hubspot.http.asked import Asked
from sandbox.hubspot.http.door import Answer
from sandbox.hubspot.http.errors import not_found
from sandbox.hubspot.http.export_address import read
from sandbox.hubspot.http.folder import Folder
from sandbox.hubspot.http.properties import option_label
from sandbox.hubspot.http.replies import Reply
from sandbox.hubspot.http.searching import read_search
from sandbox.hubspot.model import ObjectType, Page, Property, Refused
from sandbox.hubspot.portal import Portal
from sandbox.store import Store

_ROWS_A_FILE, _ROWS_A_PAGE = 1_000_000, 5000
_WORTH_ZIPPING = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ExportFiles:
    """The files of all exports, for whoever has an address."""

    portals: Folder
    store: Store

    def __call__(self, asked: Asked) -> Answer:
        """Answer a call below `/exported`.

        Raises:
            Refused: 404, or 403 once the address has expired.
        """
        ticket = read(asked.path)
        try:
            portal = self.portals.get(ticket.portal if ticket else "")
        except KeyError:
            raise not_found() from None
        if ticket is None or not ticket.good(portal.now()):
            raise Refused(403, "EXPIRED", "The address of the file has expired; ask for the status again.")
        return portal, _reply(portal, exports.find(self.store, portal, ticket.export))


def _reply(portal: Portal, export: exports.Export) -> Reply:
    kind = portal.type(export.request["objectType"])
    names = export.request["objectProperties"] or [made.name for made in kind.properties]
    rows = _rows(portal, kind, export, names)
    files = [_file(kind, names, export.request["internal"], part) for part in _parts(rows)]
    name = export.request["exportName"]
    if len(files) == 1 and len(files[0]) <= _WORTH_ZIPPING:
        return Reply(files[0], headers=_attachment(f"{name}.csv"), media="text/csv;charset=utf-8")
    return Reply(_zipped(name, files), headers=_attachment(f"{name}.zip"), media="application/zip")


def _rows(portal: Portal, kind: ObjectType, export: exports.Export, names: Sequence[str]) -> Iterator[bytes]:
    for page in _pages(portal, kind, export, names):
        yield from page.texts


def _pages(portal: Portal, kind: ObjectType, export: exports.Export, names: Sequence[str]) -> Iterator[Page]:
    if asked := export.request["search"]:
        search, offset = read_search(kind, asked), 0
        while (found := portal.search(kind, search, offset, _ROWS_A_PAGE, names)).page.ids:
            yield found.page
            offset += len(found.page.ids)
        return
    after: int | None = 0
    while after is not None:
        page = portal.page(kind, after, _ROWS_A_PAGE, names, archived=False)
        yield page
        after = page.next


def _parts(rows: Iterator[bytes]) -> Iterator[list[bytes]]:
    first = list(islice(rows, _ROWS_A_FILE))
    yield first
    while part := list(islice(rows, _ROWS_A_FILE)):
        yield part


def _file(kind: ObjectType, names: Sequence[str], internal: Sequence[str], rows: Sequence[bytes]) -> bytes:
    known = {made.name: made for made in kind.properties}
    shown = [known[name] for name in names]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Record ID", *(made.name if "NAMES" in internal else made.label for made in shown)])
    for row in rows:
        record = json.loads(row)
        values = record["properties"]
        cells = [_cell(made, values.get(made.name), internal) for made in shown]
        writer.writerow([record["id"], *cells])
    return text.getvalue().encode()


def _cell(made: Property, value: str | None, internal: Sequence[str]) -> str:
    if value is None or "VALUES" in internal or not made.options:
        return value or ""
    return ";".join(option_label(option) for option in value.split(";"))


def _zipped(name: str, files: Sequence[bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, content in enumerate(files, 1):
            archive.writestr(f"{name}-{number}.csv", content)
    return made.getvalue()


def _attachment(name: str) -> dict[str, str]:
    safe = "".join(letter if (letter.isascii() and letter.isalnum()) or letter in "-_." else "_" for letter in name)
    return {"Content-Disposition": f'attachment; filename="{safe}"'}
