"""Custom objects with a table of their own: one file each, loaded because it is there (`docs/add-a-crm-object.md`).

Belongs here: declarations (`crm.promoted.Promoted`). Does not: anything that runs.
"""
