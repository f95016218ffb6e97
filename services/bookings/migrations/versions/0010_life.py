"""The life of bookings by the clock: holds and hours of properties; who confirmed, when guests came, how they ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "0010"
down_revision = "0009"

_INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("properties", sa.Column("check_in_from", sa.Time, comment="by the property's clock, as all of these"))
    op.add_column("properties", sa.Column("check_out_until", sa.Time))
    op.add_column("properties", sa.Column("no_show_at", sa.Time, comment="of the day after arrival"))
    op.add_column("properties", sa.Column("no_show_from", sa.Date, comment="the first arrivals that hour is for"))
    op.add_column("properties", sa.Column("hold_hours", sa.Integer, comment="how long a tentative booking is held"))
    op.create_check_constraint("no_show_since", "properties", "(no_show_at IS NULL) = (no_show_from IS NULL)")
    op.create_check_constraint("hold_hours_positive", "properties", "hold_hours > 0")
    op.add_column("bookings", sa.Column("held_until_at", _INSTANT, comment="when a tentative one ends by itself"))
    op.add_column("bookings", sa.Column("confirmation", JSONB, comment="with the guest; the contract Confirmation"))
    op.add_column("bookings", sa.Column("checked_in_at", _INSTANT))
    op.add_column("bookings", sa.Column("ending", JSONB, comment="of one cancelled or a no-show; the contract Ending"))
    op.create_index("bookings_on_hold", "bookings", ["held_until_at"], postgresql_where=sa.text("state = 'tentative'"))
    # Who has not come, and who has not left: the past of these is short.
    op.create_index(
        "bookings_not_over",
        "bookings",
        ["arrival"],
        postgresql_where=sa.text("state IN ('tentative', 'confirmed', 'in_house')"),
    )
    op.execute(_FROZEN)


# A trigger of its own beside the one that freezes the rest of a cancelled booking.
_FROZEN = """
    CREATE TRIGGER cancelled_keeps_its_ending BEFORE UPDATE ON bookings FOR EACH ROW
    WHEN (OLD.state = 'cancelled' AND
        (NEW.held_until_at, NEW.confirmation, NEW.checked_in_at, NEW.ending) IS DISTINCT FROM
        (OLD.held_until_at, OLD.confirmation, OLD.checked_in_at, OLD.ending))
    EXECUTE FUNCTION cancelled_is_frozen()
"""
