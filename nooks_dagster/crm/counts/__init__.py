"""Counts: rows here beside rows at the source, and the ids in which they differ in earnest."""
