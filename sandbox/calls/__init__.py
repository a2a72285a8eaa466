"""Sales calls in miniature: what is said in them, how it sounds, who rings whom, and what should come of each.

Belongs here: the phrase book, recordings, the dialer, the truth about calls.
Does not: transcribing (`sandbox.openai`), the CRMs whose people are called (`sandbox.salesforce`, `sandbox.hubspot`).
"""
