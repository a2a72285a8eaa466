"""The objects and fields that a sandbox org has, as describe lists them.

Belongs here: names, types, lengths. Does not: values (`sandbox.salesforce.generated`).
"""
