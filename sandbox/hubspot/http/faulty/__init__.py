"""What the faults must be told of HubSpot: its calls, its pages, its words.

Belongs here: `sandbox.faults.vendor.Vendor` for HubSpot. Does not: what a fault does (`sandbox.faults`).
"""
