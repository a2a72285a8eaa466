"""Bulk query jobs: asked for once, processed over time, read as pages of CSV.

Belongs here: jobs and their states, what of them is durable, which queries are let in, results as bytes.
Does not: addresses, bodies and headers (`sandbox.salesforce.http`), SOQL and records.
"""
