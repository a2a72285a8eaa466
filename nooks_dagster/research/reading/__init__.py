"""From the bytes of a page to text that can be quoted, and to what makes it a new document.

Belongs here: HTML, text, fingerprints. Does not: fetching (`research.web`).
"""
