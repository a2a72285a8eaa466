"""SOQL: text to tokens to a tree, the tree checked against a schema, conditions turned into regions and predicates.

Belongs here: the language. Does not: records, paging.
"""
