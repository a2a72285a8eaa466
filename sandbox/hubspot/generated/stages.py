"""The stage that a row is in, and the pipeline of that stage.

Belongs here: the two columns of any type with pipelines. Does not: what follows from a stage.
"""

from collections.abc import Mapping

from sandbox.hubspot.schema.pipelines import STAGES
from sandbox.world.batch import Column
from sandbox.world.columns import choices, drawn
from sandbox.world.makers import drawn_from


def stage_columns(kind: str, pipeline: str, stage: str) -> Mapping[str, Column]:
    """Return the columns of these names."""
    pipelines = choices([found for found, _ in STAGES[kind]])
    return {
        stage: drawn_from(stage, [found.id for _, found in STAGES[kind]]),
        pipeline: lambda batch: drawn(pipelines, batch.draws(stage)),
    }
