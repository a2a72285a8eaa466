"""Salesforce: one org behind the Connector protocol.

Belongs here: login and transport, describe, SOQL, planning by id and by time, REST pages to Arrow, and which
field fills which canonical column. Does not: what is due (`ledger`), where rows land (`lake`, `crm.rows.merge`).
"""
