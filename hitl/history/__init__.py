"""Stored history: proposals in wire format, one a line, with what became of them where that is known."""
