"""The types of object of a generated portal: HubSpot's own with their well-known properties, and a custom one.

Belongs here: what the properties, pipelines and schemas APIs would say. Does not: values.
"""
