"""The metrics: what each means, what it is now, how it moved, and where it comes from."""
