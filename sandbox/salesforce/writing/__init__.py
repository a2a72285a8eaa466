"""What clients write: records that are made, changed, upserted and deleted through the API, as Salesforce takes them.

Belongs here: what is refused and why, item by item; the fields that Salesforce fills in itself.
Does not: addresses and bodies (`sandbox.salesforce.http`), Bulk jobs (`sandbox.salesforce.bulk`), how changed rows are
kept (`sandbox.salesforce.living`), what the world does to rows by itself (`sandbox.life`).
"""
