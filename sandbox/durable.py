"""Files that are there whole or not at all, also after a power cut.

Belongs here: fsync and rename. Does not: what is in them.
"""

import os
from pathlib import Path


def replace(made: Path, target: Path) -> None:
    """Put a finished file in the place of another, or where none was."""
    _sync(made)
    made.replace(target)
    _sync(target.parent)


def write_text(target: Path, text: str) -> None:
    """Write a small file."""
    made = target.with_name(f".{target.name}.{os.getpid()}")
    made.write_text(text, encoding="utf-8")
    replace(made, target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
