"""How fast the desk is beside what the hardware could do: ``make bench``, figures in docs/performance.md."""
