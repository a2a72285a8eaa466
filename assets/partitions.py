"""The partitions that assets share, and nothing else. One dimension only.

A dynamic dimension in multi-dimensional keys breaks backfills and slows the UI (measured on 1.13.27).
"""

import dagster as dg

workspaces = dg.DynamicPartitionsDefinition(name="workspaces")
