"""Pipelines and their stages.

Belongs here: `/crm/v3/pipelines/{type}`, read only. Does not: who has some (`sandbox.hubspot.portal`).
"""

from typing import Any

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import not_found
from sandbox.hubspot.http.replies import Reply, json_reply
from sandbox.hubspot.model import Pipeline, Stage
from sandbox.hubspot.moments import written


def list_pipelines(call: Call) -> Reply:
    """Answer all pipelines of a type."""
    return json_reply({"results": [shown(each) for each in call.portal.pipelines(call.object_type)]})


def get_pipeline(call: Call) -> Reply:
    """Answer one pipeline."""
    return json_reply(shown(_pipeline(call)))


def list_stages(call: Call) -> Reply:
    """Answer the stages of a pipeline."""
    pipeline = _pipeline(call)
    return json_reply({"results": [_stage(pipeline, each) for each in pipeline.stages]})


def get_stage(call: Call) -> Reply:
    """Answer one stage."""
    pipeline = _pipeline(call)
    for stage in pipeline.stages:
        if stage.id == call.path["stage"]:
            return json_reply(_stage(pipeline, stage))
    raise not_found(f"Stage {call.path['stage']} does not exist.")


def audit(call: Call) -> Reply:
    """Answer what was changed in a pipeline or a stage: nothing, since it was made."""
    _pipeline(call)
    return json_reply({"results": []})


def shown(pipeline: Pipeline) -> dict[str, Any]:
    """Return a pipeline as the API has it."""
    return {
        "id": pipeline.id,
        "label": pipeline.label,
        "displayOrder": pipeline.order,
        "stages": [_stage(pipeline, stage) for stage in pipeline.stages],
        "createdAt": written(pipeline.created),
        "updatedAt": written(pipeline.updated),
        "archived": False,
    }


def _stage(pipeline: Pipeline, stage: Stage) -> dict[str, Any]:
    return {
        "id": stage.id,
        "label": stage.label,
        "displayOrder": stage.order,
        "metadata": dict(stage.metadata),
        "createdAt": written(pipeline.created),
        "updatedAt": written(pipeline.updated),
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _pipeline(call: Call) -> Pipeline:
    for pipeline in call.portal.pipelines(call.object_type):
        if pipeline.id == call.path["pipeline"]:
            return pipeline
    raise not_found(f"Pipeline {call.path['pipeline']} does not exist.")
