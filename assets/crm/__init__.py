"""The CRM records of each workspace: raw in the lake, canonical in Postgres."""
