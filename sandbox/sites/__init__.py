"""The web sites of the companies that the CRMs know: pages that state facts, and the truth about them.

Belongs here: facts, the sentences that state them, pages, how a site behaves, what can be known from it.
Does not: which site an account's field names (`sandbox.world`), the proxy and TLS (`sandbox.server`).
"""
