"""The lake: a GCS bucket that holds the bytes, and what every byte in it must satisfy.

Belongs here: handles, objects, Parquet parts, datasets and their manifests, the catalog of parts in Postgres.
Does not: what the rows mean (`crm`), who may write when (`ledger`), how an asset loads them (`resources`).

Objects are created once and never overwritten, manifests excepted, which are swapped by generation
(https://cloud.google.com/storage/docs/request-preconditions). So a worker that came back from the dead
can add bytes that nobody reads, but cannot change bytes that somebody does.
"""
