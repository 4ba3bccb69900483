"""What leaves the house with an export and must work without it."""
