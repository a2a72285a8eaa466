"""Public web pages as a polite stranger reads them: within bounds, by robots.txt, and never inside a network.

Belongs here: connecting, requests, which pages of a site are worth reading.
Does not: the text of a page (`research.reading`), keeping it (`research.shelf`).
"""
