"""Google Cloud Storage in miniature: `python -m sandbox.gcs --data DIR --port N [--bucket NAME …]`.

Belongs here: the JSON API, and the XML paths that signed URLs and obstore use, over SQLite metadata and
one file per object. It is a process of its own, so that a test can kill the lake alone. Does not: object
versions, access control, life cycle rules; versioning is refused, so that nobody trusts what is not kept.

Its promises: an answered write survives SIGKILL and power loss; no torn object is ever visible;
preconditions are atomic. The API: https://cloud.google.com/storage/docs/json_api/v1
"""
