"""Runs: who works on a scope.

Belongs here: one value. Does not: what a run does, or which run is due (`ledger.launches`).
"""

from dataclasses import dataclass

from nooks_dagster.ledger.items import WorkClass


@dataclass(frozen=True, slots=True)
class WorkspaceRun:
    """A run for one workspace: the dispatcher's, or a person's when `launch` is None.

    `work_class` is the class that it was launched for; a person's is always ASKED.
    """

    workspace: str
    run_id: str
    launch: int | None = None
    work_class: WorkClass = WorkClass.ASKED

    @property
    def most(self) -> WorkClass:
        """Return the last class that it drains: one that was launched for what is new leaves what takes hours."""
        by_the_clock = self.launch is not None and self.work_class <= WorkClass.INCREMENTAL
        return WorkClass.INCREMENTAL if by_the_clock else WorkClass.HISTORY
