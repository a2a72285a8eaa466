"""What the faults must be told of OpenAI: its calls, its words.

Belongs here: `sandbox.faults.vendor.Vendor` for OpenAI. Does not: what a fault does (`sandbox.faults`).
"""
