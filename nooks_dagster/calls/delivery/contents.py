"""What is to be sent: the calls of a batch as activities, as their records stand now.

Belongs here: from rows to activities. Does not: the sentences (`calls.delivery.wording`), sending.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from nooks_dagster.calls.delivery.wording import Facts, body, subject
from nooks_dagster.crm.activities import Activity, CallResult, Links

WEBHOOK = "webhook"
# A webhook is no CRM: it is told whom the record names, and in which.
# A delivery that stands as the other side has it needs nothing: another item of the same call was first.
CONTENTS = """
    select d.call, d.kind, d.key, d.digest, d.external_id, d.written = d.digest as written,
        r.direction, r.disposition, r.started_at, r.duration_ms, r.language, r.redacted_text, r.talk_ms_rep,
        r.talk_ms_prospect, r.questions, c.call_id, u.time_zone,
        case d.kind when 'webhook' then jsonb_build_object('connection', r.connection_id, 'object', r.contact_object,
            'id', r.contact_id, 'account', r.account_id, 'opportunity', r.opportunity_id, 'owner', r.owner_id)
        else r.participants -> d.integration end as links, d.links as before,
        c.submission -> 'rep' ->> 'phone' as rep, c.submission -> 'prospect' ->> 'phone' as prospect,
        c.submission ->> 'title' as title
    from calls.deliveries d join calls.records r using (call) join calls.calls c on c.id = d.call
    left join crm.users u on u.connection_id = d.integration
        and u.id = r.participants -> d.integration ->> 'owner'
    where d.integration = %s and d.call = any(%s) and d.state <> 'withdrawn'
        and (d.state <> 'delivered' or d.written is distinct from d.digest)
    order by d.call
"""


@dataclass(frozen=True, slots=True)
class Content:
    """What one delivery is to say; `digest` is of that."""

    call: int
    digest: bytes
    activity: Activity


def contents(conn: psycopg.Connection[Any], integration: str, calls: Sequence[int], link: str) -> Sequence[Content]:
    """Return what is still to be sent of these calls, each once; the others need nothing."""
    rows = conn.cursor(row_factory=dict_row).execute(CONTENTS, (integration, list(calls))).fetchall()
    by_call = {row["call"]: row for row in rows}  # an owner that two objects of a CRM know would double a row
    return [Content(call, row["digest"], _activity(row, link)) for call, row in by_call.items()]


def belongs(activity: Activity, left: Collection[str]) -> Mapping[str, str]:
    """Return whom an activity belongs to in a CRM because of us, to be kept; what was left is as it was before."""
    links = replace(activity.links, **{name: getattr(activity.before, name) for name in left})
    if links.connection:  # of a webhook
        return {}
    person = {"object": "contacts" if links.contact else "leads", "id": links.contact or links.lead}
    others = {"account": links.account, "opportunity": links.opportunity, "owner": links.owner}
    return {name: value for name, value in {**(person if person["id"] else {}), **others}.items() if value}


def _activity(row: Mapping[str, Any], link: str) -> Activity:
    inbound, lasted = row["direction"] == "inbound", timedelta(milliseconds=row["duration_ms"])
    facts = Facts(
        inbound=inbound,
        result=row["disposition"],
        lasted=lasted,
        title=row["title"] or "",
        language=row["language"] or "",
        talk_ms_rep=row["talk_ms_rep"],
        talk_ms_prospect=row["talk_ms_prospect"],
        questions=row["questions"],
        text=row["redacted_text"] or "",
        link=link.replace("{call}", str(row["call"])),
    )
    rep, prospect = row["rep"] or "", row["prospect"] or ""
    return Activity(
        key=row["key"],
        inbound=inbound,
        result=CallResult(row["disposition"]),
        began=row["started_at"],
        lasted=lasted,
        subject=subject(facts),
        body=body(facts),
        from_number=prospect if inbound else rep,
        to_number=rep if inbound else prospect,
        links=_links(row["links"] or {}, row["time_zone"]),
        before=_links(row["before"] or {}, None),
        record=row["external_id"] or "" if row["written"] else "",
        call=row["call"],
        call_id=row["call_id"],
        language=row["language"] or "",
    )


def _links(found: Mapping[str, Any], time_zone: str | None) -> Links:
    who = {"contacts": "contact", "leads": "lead"}.get(found.get("object") or "", "")
    links = {name: str(found.get(name) or "") for name in ("account", "opportunity", "owner", "connection")}
    person = {who: str(found.get("id") or "")} if who else {}
    return Links(**links, **person, time_zone=time_zone or "")
