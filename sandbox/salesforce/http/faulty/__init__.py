"""What the faults must be told of Salesforce: its calls, its pages, its words.

Belongs here: `sandbox.faults.vendor.Vendor` for Salesforce. Does not: what a fault does (`sandbox.faults`).
"""
