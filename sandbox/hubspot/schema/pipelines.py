"""The pipelines of a generated portal, the same in each.

Belongs here: stages and their metadata. Does not: which record is in which stage.
"""

from collections.abc import Mapping

from sandbox.hubspot.model import Pipeline, Stage
from sandbox.world.timeline import BEGIN

_MADE = BEGIN * 1_000


def _deal_stages(*stages: tuple[str, str, str]) -> tuple[Stage, ...]:
    return tuple(
        Stage(key, label, order, {"isClosed": "true" if share in {"0.0", "1.0"} else "false", "probability": share})
        for order, (key, label, share) in enumerate(stages)
    )


def _lead_stages(*stages: tuple[str, str, str]) -> tuple[Stage, ...]:
    return tuple(
        Stage(key, label, order, {"isClosed": "true" if "QUALIFIED" in state else "false", "leadState": state})
        for order, (key, label, state) in enumerate(stages)
    )


PIPELINES: Mapping[str, tuple[Pipeline, ...]] = {
    "deals": (
        Pipeline(
            "default", "Sales Pipeline", 0,
            _deal_stages(
                ("appointmentscheduled", "Appointment Scheduled", "0.2"),
                ("qualifiedtobuy", "Qualified To Buy", "0.4"),
                ("presentationscheduled", "Presentation Scheduled", "0.6"),
                ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
                ("contractsent", "Contract Sent", "0.9"),
                ("closedwon", "Closed Won", "1.0"),
                ("closedlost", "Closed Lost", "0.0"),
            ),
            _MADE, _MADE,
        ),
        Pipeline(
            "75231409", 'Renewals "EMEA"', 1,
            _deal_stages(
                ("148220931", "Notice Sent", "0.5"),
                ("148220932", "In Negotiation", "0.75"),
                ("148220935", "Renewed", "1.0"),
                ("148220936", "Churned", "0.0"),
            ),
            _MADE, _MADE + 86_400_123,
        ),
    ),
    "leads": (
        Pipeline(
            "lead-pipeline-id", "Lead pipeline", 0,
            _lead_stages(
                ("new-stage-id", "New", "NEW"),
                ("attempting-stage-id", "Attempting", "IN_PROGRESS"),
                ("connected-stage-id", "Connected", "IN_PROGRESS"),
                ("qualified-stage-id", "Qualified", "QUALIFIED"),
                ("unqualified-stage-id", "Disqualified", "UNQUALIFIED"),
            ),
            _MADE, _MADE,
        ),
    ),
}  # fmt: skip
"""By name of the type."""

STAGES: Mapping[str, tuple[tuple[str, Stage], ...]] = {
    kind: tuple((pipeline.id, stage) for pipeline in pipelines for stage in pipeline.stages)
    for kind, pipelines in PIPELINES.items()
}
"""Every stage of a type with the id of its pipeline."""
