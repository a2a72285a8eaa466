"""Calls: from hang-up to a record and a logged CRM activity, each stage retried alone.

Belongs here: the call, its stages, the live loop, delivery, closing, replay. Does not: Dagster, or how a CRM is read.

Where to look, in the order that a call goes: it comes in by `calls.ingest`; a worker of `calls.live` takes it through
`calls.pipeline`, which runs the `calls.stages` one after the other, with what `calls.audio` reads and `calls.speech`
hears; `calls.delivery` logs it in the CRMs; `calls.closing` ends its hour. What is done anew is `calls.reprocessing`,
and `calls.reporting` tells how all of it stands.
"""
