"""The upkeep of the raw rows in the lake: folding deltas into their base, removing what nobody reads."""
