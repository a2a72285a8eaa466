"""Multipart forms, as clients upload audio.

Belongs here: bytes into fields and one file. Does not: which fields there may be (`asked`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.openai.http.errors import invalid

_BOUNDARY = re.compile(r'multipart/form-data *;.*?boundary="?([^"; ]+)"?.*', re.IGNORECASE)
_OPTION = re.compile(rb'[; ](name|filename)="([^"\r\n]*)"', re.IGNORECASE)
_NO_FORM = "We could not parse your multipart form; check that its Content-Type names its boundary."


@dataclass(frozen=True, slots=True)
class Upload:
    """The file of a form."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A form. Fields that are lists have `[]` behind their names, and are found under the name without."""

    fields: Mapping[str, Sequence[str]]
    file: Upload | None

    def one(self, name: str) -> str | None:
        """Return the value of a field, None if it is not there."""
        values = self.fields.get(name)
        return values[-1] if values else None

    def many(self, name: str) -> Sequence[str]:
        """Return the values of a list."""
        return self.fields.get(name, ())


def read_form(content_type: str, body: bytes) -> Form:
    """Take a form apart.

    Raises:
        Refused: It is none.
    """
    boundary = _BOUNDARY.fullmatch(content_type)
    if boundary is None:
        raise invalid(_NO_FORM, None)
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode("latin-1"))
    if len(parts) < 3 or parts[0] or not parts[-1].startswith(b"--"):
        raise invalid(_NO_FORM, None)
    fields: dict[str, list[str]] = {}
    file: Upload | None = None
    for part in parts[1:-1]:
        name, file_name, content = _part(part)
        if name == "file":
            file = Upload(file_name, content)
        else:
            fields.setdefault(name.removesuffix("[]"), []).append(content.decode("utf-8", "replace"))
    return Form(fields, file)


def _part(part: bytes) -> tuple[str, str, bytes]:
    """Return the name of a part, that of its file, and what is in it."""
    head, blank, content = part.partition(b"\r\n\r\n")
    if not blank:
        raise invalid(_NO_FORM, None)
    options = dict(_OPTION.findall(head))
    name, file_name = (options.get(key, b"").decode("utf-8", "replace") for key in (b"name", b"filename"))
    return name, file_name, content
