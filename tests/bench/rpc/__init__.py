"""The processes of goal 5: ours, stock nameko's and one without a framework, all doing the same echo."""

IN_FLIGHT = 32
WORKERS = 10
