"""Stored conversations played against a desk, as a live agent would have them."""
