"""What goes on in a CRM all day: people edit, create, delete, merge; automations follow; administrators alter fields.

Belongs here: which change is next, drawn by lot from a seed; how fast they follow each other.
Does not: what a change does to records (`sandbox.salesforce.living`, `sandbox.hubspot.changes`), any API.
"""
