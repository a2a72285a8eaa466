"""Which signals there are: every `Signal` of a file in `assets/signals/`.

Belongs here: finding them. Does not: what becomes of them (`assets.account_signals.records`).
"""

from functools import cache
from importlib import import_module
from pathlib import Path

import assets.signals
from nooks_dagster.failures import Permanent
from nooks_dagster.signals.declaration import Signal


@cache
def signals() -> tuple[Signal, ...]:
    """Return the signals by name.

    Raises:
        Permanent: Two have one name.
    """
    found: dict[str, Signal] = {}
    for path in sorted(Path(str(assets.signals.__file__)).parent.rglob("*.py")):
        for signal in _declared(path):
            if found.setdefault(signal.name, signal) is not signal:
                raise Permanent(
                    f"Two signals are called {signal.name}.", subject=path.name, next_step="Give one another name."
                )
    return tuple(found[name] for name in sorted(found))


def _declared(path: Path) -> list[Signal]:
    folder = Path(str(assets.signals.__file__)).parent
    parts = path.relative_to(folder).with_suffix("").parts
    module = import_module(".".join(["assets.signals", *(part for part in parts if part != "__init__")]))
    return [value for value in vars(module).values() if isinstance(value, Signal)]
