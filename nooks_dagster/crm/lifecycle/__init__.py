"""The life of a connection: connected, chosen for, paused, promoted, removed."""
