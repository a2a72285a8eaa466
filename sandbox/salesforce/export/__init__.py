"""A real org's data: a folder of CSV files, one per object, served as the API would serve it.

Belongs here: reading the files, telling types, keeping the texts, answering from them.
Does not: the query language (`sandbox.salesforce.soql`).
"""
