"""Calls: from hang-up to a record and a logged CRM activity, each stage retried alone.

Belongs here: the call, its stages, the live loop, delivery, closing, replay. Does not: Dagster, or how a CRM is read.
"""
