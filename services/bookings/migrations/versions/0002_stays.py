"""What bookings keep besides: needs, commission, who was told of, how many rooms they had, where they were moved to.

And what a house refuses to sell, by room type and day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("bookings", sa.Column("needs", ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.add_column("bookings", sa.Column("commission", JSONB(none_as_null=True)))
    op.add_column("bookings", sa.Column("told_profiles", ARRAY(sa.Uuid), nullable=False, server_default="{}"))
    op.add_column("bookings", sa.Column("rooms_given", sa.Integer, nullable=False, server_default="0"))
    op.add_column("bookings", sa.Column("relocated_from", sa.Uuid, comment="the booking this one stands for"))
    op.add_column("bookings", sa.Column("relocated_to", sa.Uuid, comment="the booking that stands for this one"))
    op.execute(_FILL)
    op.execute(_FROZEN)
    op.create_table(
        "restrictions",
        sa.Column("room_type_id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("overbooking", sa.Integer, comment="instead of the room type's, for the night of this day"),
        sa.Column("closed", sa.Boolean, nullable=False, comment="the night is not sold"),
        sa.Column("closed_to_arrival", sa.Boolean, nullable=False),
        sa.Column("closed_to_departure", sa.Boolean, nullable=False),
        sa.Column("min_stay", sa.Integer, comment="nights of a stay that arrives on this day"),
        sa.CheckConstraint("overbooking >= 0 AND min_stay >= 1"),
        comment="rows are there where something is restricted; nights hold a copy of the overbooking",
    )


_FILL = """
    UPDATE bookings SET
        rooms_given = jsonb_array_length(rooms),
        told_profiles = CASE WHEN told_state IS NULL THEN '{}' ELSE ARRAY(
            SELECT DISTINCT CAST(p ->> 'profile_id' AS uuid) FROM jsonb_array_elements(people) AS p
            WHERE p ->> 'profile_id' IS NOT NULL) END
"""

_FROZEN = """
    CREATE OR REPLACE TRIGGER cancelled_is_frozen BEFORE UPDATE ON bookings FOR EACH ROW
    WHEN (OLD.state = 'cancelled' AND (
        (NEW.state, NEW.property_id, NEW.source, NEW.external_ref, NEW.channel, NEW.method, NEW.arrival, NEW.departure,
         NEW.held_until, NEW.rooms, NEW.price_minor, NEW.currency, NEW.flags, NEW.requests, NEW.booked_at,
         NEW.needs, NEW.commission, NEW.relocated_from, NEW.relocated_to)
        IS DISTINCT FROM
        (OLD.state, OLD.property_id, OLD.source, OLD.external_ref, OLD.channel, OLD.method, OLD.arrival, OLD.departure,
         OLD.held_until, OLD.rooms, OLD.price_minor, OLD.currency, OLD.flags, OLD.requests, OLD.booked_at,
         OLD.needs, OLD.commission, OLD.relocated_from, OLD.relocated_to)))
    EXECUTE FUNCTION cancelled_is_frozen()
"""
