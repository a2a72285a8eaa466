"""The soak as a command: `make soak KILLS=100 MINUTES=20 SEED=7`.

Belongs here: a house of its own, the words of the verdict. Exit code 1 if a row differs or came too late.
"""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.acceptance.house import House
from tests.soak.soak import Soak, Verdict, soakable
from tests.soak.victims import by_lot

GAP = 3.25  # seconds on an average; a killed run is back after five to ten


def main() -> int:
    """Soak a new house, tell what came of it, and remove it."""
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=None, help="over which the kills are spread")
    parser.add_argument("--rate", type=float, default=50.0, help="changes a second in each CRM")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    gap = GAP if options.minutes is None else options.minutes * 60 / max(1, options.kills)
    print(f"Seed {seed}: {options.kills} kills, {options.rate:g} changes a second in each CRM.", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="nooks-soak-"))
    folder.chmod(0o755)
    house = soakable(folder / "house")
    wrong = True
    try:
        house.nooks("up")
        soak = Soak(house, seed, (0.15 * gap, 1.85 * gap), options.rate, lambda told: print(told, flush=True))
        wrong = _tell(soak.run(by_lot(random.Random(seed)), options.kills))
    finally:
        _put_away(house, folder, keep=wrong)
    return int(wrong)


def _put_away(house: House, folder: Path, *, keep: bool) -> None:
    """End the house, and remove it unless somebody wants to look into it: `nooks up` there starts it again."""
    if keep:
        house.nooks("down")
        print(f"The house is kept: {house.root}")
        return
    house.remove()
    shutil.rmtree(folder, ignore_errors=True)


def _tell(verdict: Verdict) -> bool:
    """Say what a soak has shown, and return whether anything is wrong."""
    sent = verdict.deliveries
    print(f"{verdict.kills.total()} kills in {verdict.seconds:.0f} s: {dict(verdict.kills)}")
    print(f"{verdict.changes} changes in each CRM; windows done: {verdict.windows}")
    print(f"{sent.pages} pages sent for chunks, {sent.again} of them again")
    for lane, reason in sorted(verdict.blocked):
        print(f"blocked meanwhile: {lane}: {reason}")
    wrong = {
        "pages sent after their chunk had landed": sent.too_late,
        "rows that never were so": verdict.never,
        "rows whose stamp moved and that no window read": verdict.missed,
        "differences from the truth": verdict.differences,
        "differences after all was merged again from the lake": verdict.rebuilt,
    }
    for what, found in wrong.items():
        print(f"{len(found)} {what} {found[:5]}")
    return any(wrong.values())


if __name__ == "__main__":
    sys.exit(main())
