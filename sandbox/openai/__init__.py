"""OpenAI in miniature: a model that really reads what it is given, what it sells, and on which terms.

Belongs here: models and their prices, tokens, the prompt cache, what goes wrong by chance, the ledger of sales; the
reader (`reader`), the interface (`http`). Does not: the web sites that are read about (`sandbox.sites`), faults on
command (`sandbox.faults`).
"""
