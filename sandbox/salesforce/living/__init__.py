"""What happens to an org's records after it was made: rows that change, come and go, and transactions that take long.

Belongs here: the changed rows of every object, and tables that show them over those that the org was made of.
Does not: which changes happen when (`sandbox.life`), fields that come and go (`sandbox.salesforce.alterations`).
"""
