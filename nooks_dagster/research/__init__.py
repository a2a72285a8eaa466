"""Documents about an account: fetch, keep, cite.

Belongs here: company sites, what may be fetched, readable text, its place in the lake.
Does not: what is asked of them (`signals`).
"""
