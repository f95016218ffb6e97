"""Imported first by a party with green threads: it becomes a process as Foyer's services are."""

from services.kit.serve import go_green

go_green()
