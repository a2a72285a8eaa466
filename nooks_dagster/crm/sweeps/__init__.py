"""Sweeps: what moves no stamp is found by comparing every row, and read by its id."""
