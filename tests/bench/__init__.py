"""How fast Foyer is, measured against the limit of the machine and against peers that do the same work.

``python -m tests.bench [goal …] [--rounds N] [--seconds S]``; ``make bench`` starts the servers for it.
"""
