"""Faults on command, for whichever vendor: which there are, when they strike, what they do to a call.

Belongs here: rules and their counting; the layer around a vendor's whole interface, which sees each call and the
reply to it; the commands of the control port. What it must be told by a vendor is `sandbox.faults.vendor.Vendor`.
Does not: a vendor's addresses, words and pages (`sandbox.salesforce.http.faulty`, `sandbox.hubspot.http.faulty`);
changes of the world itself (`sandbox.salesforce.alterations`, `sandbox.hubspot.alterations`).
"""
