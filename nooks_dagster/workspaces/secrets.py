"""Where the credentials of connections are kept; Postgres has only a reference (`file:acme-salesforce`).

Belongs here: the stores and their references. Does not: what the values mean (each connector).
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from nooks_dagster.failures import Permanent
from nooks_dagster.settings import settings

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,126}")


class Secret(dict[str, str]):
    """Named credentials that do not show themselves in a traceback, a log line or a UI."""

    def __repr__(self) -> str:
        return f"Secret({', '.join(sorted(self))})"

    __str__ = __repr__


class EnvironmentSecrets:
    """Credentials in environment variables, as JSON: `env:ACME_SALESFORCE`."""

    def get(self, ref: str) -> dict[str, str]:
        """Return the credentials in a variable.

        Raises:
            Permanent: The variable is not set, or holds no JSON object of texts.
        """
        variable = _without_scheme(ref, "env")
        text = os.environ.get(variable)
        if text is None:
            raise Permanent(
                f"The environment variable {variable} is not set.",
                subject=f"secret {ref}",
                next_step="Set it for every process that syncs, in .env for instance, and try again.",
            )
        return _parsed(text, ref)


class FileSecrets:
    """Credentials in files of one folder, readable by its owner alone: `file:acme-salesforce`.

    Args:
        folder: Created with mode 0700 when the first secret is put.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, ref: str) -> dict[str, str]:
        """Return the credentials in a file.

        Raises:
            Permanent: The file is missing, open to other accounts, or no JSON object of texts.
        """
        path = self._path(ref)
        try:
            mode, text = path.stat().st_mode, path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Permanent(
                f"{path} cannot be read ({type(error).__name__}).",
                subject=f"secret {ref}",
                next_step="Run `nooks connect` again to write it.",
            ) from None
        if mode & 0o077:
            raise Permanent(
                f"{path} can be read by other accounts of this machine.",
                subject=f"secret {ref}",
                next_step=f"Change the credentials if they may have been seen, then: chmod 600 {path}",
            )
        return _parsed(text, ref)

    def put(self, name: str, values: Mapping[str, str]) -> str:
        """Write credentials, whole or not at all, and return their reference.

        Raises:
            Permanent: The name cannot be a file's.
        """
        ref = f"file:{name}"
        path = self._path(ref)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{uuid4().hex}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(dict(values), file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            _settle(self.folder)
        finally:
            draft.unlink(missing_ok=True)
        return ref

    def erase(self, ref: str) -> None:
        """Remove credentials; those that are gone already are no error."""
        self._path(ref).unlink(missing_ok=True)

    def _path(self, ref: str) -> Path:
        name = _without_scheme(ref, "file")
        if not _NAME.fullmatch(name):
            raise Permanent("Its name cannot be a file's.", subject=f"secret {ref}", next_step=_NEXT)
        return self.folder / f"{name}.json"


def open_secret(ref: str, folder: Path | None = None) -> dict[str, str]:
    """Return the credentials behind a reference of any kind.

    Args:
        ref: `file:<name>` or `env:<VARIABLE>`.
        folder: Where files are kept, if not where the settings say.

    Raises:
        Permanent: The reference is of no known kind, or leads nowhere.
    """
    scheme = ref.partition(":")[0]
    if scheme == "env":
        return EnvironmentSecrets().get(ref)
    return FileSecrets(folder or settings().secrets).get(ref)


def is_ours(ref: str) -> bool:
    """Say whether what stands behind a reference can be written and erased here: a file, not a variable."""
    return ref.startswith("file:")


_NEXT = "Write file:<name> or env:<VARIABLE>."


def _settle(folder: Path) -> None:
    """Let a new name of a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _without_scheme(ref: str, scheme: str) -> str:
    found, _, rest = ref.partition(":")
    if found != scheme or not rest:
        raise Permanent("It is no reference to a secret.", subject=f"secret {ref[:80]}", next_step=_NEXT)
    return rest


def _parsed(text: str, ref: str) -> Secret:
    try:
        values: Any = json.loads(text)
    except ValueError:
        values = None
    if isinstance(values, dict) and all(isinstance(v, str) for v in values.values()):
        return Secret(values)
    raise Permanent(
        "It is no JSON object of texts.",  # no cause: the decoder's error carries the document
        subject=f"secret {ref}",
        next_step='Write it as {"username": "…", "password": "…"}.',
    )
