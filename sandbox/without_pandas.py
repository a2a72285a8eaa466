"""Keeps pandas out of the sandbox's process: pyarrow would load it with the first array that it makes.

That is 0.3 s of the 1.2 s of CPU that a start takes, and 40 MB, for nothing: the sandbox uses none of it.
Belongs here: that. `sandbox.__main__` imports it first of all; no module does that another process may import.
"""

import sys
from importlib.abc import MetaPathFinder


class _Absent(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


sys.meta_path.insert(0, _Absent())
