"""Documents for people, as PDF, in any script."""

from gateway.printing.documents import invoice, statement

__all__ = ["invoice", "statement"]
