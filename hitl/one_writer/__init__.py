"""Django's SQLite backend for a desk whose threads write in turn (ADR 0013)."""
