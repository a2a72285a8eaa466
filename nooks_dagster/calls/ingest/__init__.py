"""Ingest: dialers send their calls over HTTP, signed; each is answered once it is durable.

Belongs here: the server of `nooks ingest`: who may send, what is well formed, the shape of each answer.
Does not: what a call is (`calls.submission`), keeping one (`calls.ingest.accepting`), issuing keys
(`calls.ingest.keys`).
"""
