"""Of which properties the caller may see rows: the parameter ``:houses`` of statements over rows of properties."""

from services.kit.scope import HOUSES, houses, permit

__all__ = ["HOUSES", "houses", "permit"]
