"""Foyer's command line: what an operator does beside running the processes."""
