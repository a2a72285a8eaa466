"""The sync: one run drains what the ledger says is due for a workspace, window by window, chunk by chunk.

Belongs here: asking for it, claiming, cutting, extracting, closing. Does not: rows (`crm.rows`), one CRM's own ways,
when a sync falls due (`crm.starts`, `crm.sweeps`).
"""
