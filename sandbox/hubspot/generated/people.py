"""The columns that only contacts and leads have.

Belongs here: properties that depend on others of their row, and calculated ones. Does not: what a type describes.
"""

from collections.abc import Mapping

import pyarrow as pa

from sandbox.hubspot.generated.common import linked_companies
from sandbox.hubspot.generated.forms import ratio
from sandbox.hubspot.generated.kinds import counts
from sandbox.hubspot.generated.stages import stage_columns
from sandbox.hubspot.generated.world import World
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import pc
from sandbox.world.inhabitants import (
    address,
    company_names,
    first_names,
    full_names,
    last_names,
    mail_addresses,
    websites,
)
from sandbox.world.makers import drawn_from
from sandbox.world.names import TITLES
from sandbox.world.texts import pool


def _domain(batch: Batch) -> pa.Array:
    return pc.struct_field(pc.extract_regex(batch.column("email"), r"@(?P<domain>.+)$"), "domain")


def _full_title(batch: Batch) -> pa.Array:
    parts = (batch.column("jobtitle"), batch.column("company"))
    return pc.binary_join_element_wise(*parts, " / ", null_handling="replace", null_replacement="")


def contacts(world: World) -> Mapping[str, Column]:
    """Return the columns of contacts."""
    return {
        "firstname": first_names,
        "lastname": last_names,
        "email": mail_addresses("contacts.example"),
        "jobtitle": drawn_from("jobtitle", pool(TITLES, nulls=0.1, awkward=0.02)),
        "company": company_names("company"),
        "website": websites("company"),
        **address("address", ("address", "city", "state", "zip", "country")),
        "associatedcompanyid": linked_companies(world, "contacts"),
        "num_notes": counts("num_notes", 60),
        "hs_email_domain": _domain,
        "full_title": _full_title,
    }


def leads(_: World) -> Mapping[str, Column]:
    """Return the columns of leads."""
    return {
        "hs_lead_name": full_names,
        "hs_associated_contact_firstname": first_names,
        "hs_associated_contact_lastname": last_names,
        "hs_associated_contact_email": mail_addresses("leads.example"),
        "hs_associated_company_name": company_names("company"),
        "hs_associated_company_domain": websites("company"),
        "fit_score": counts("fit_score", 101),
        **stage_columns("leads", "hs_pipeline", "hs_pipeline_stage"),
        "fit_per_budget": ratio("fit_score", "budget"),
    }
