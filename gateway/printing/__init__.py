"""Documents for people, as PDF, in any script."""

from gateway.printing.cards import registration_cards
from gateway.printing.documents import invoice, statement

__all__ = ["invoice", "registration_cards", "statement"]
