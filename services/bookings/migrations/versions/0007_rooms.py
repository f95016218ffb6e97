"""Rooms that have a number: what they are like, when they are closed, how clean they are, and who has them when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, TIMESTAMP

revision = "0007"
down_revision = "0006"

_INSTANT = TIMESTAMP(timezone=True)
_HOUSEKEEPING = "housekeeping IN ('clean', 'dirty', 'inspected')"


def upgrade() -> None:
    # A trusted extension: whoever owns the database may create it. It lets a uuid and a range stand in one constraint.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "rooms",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("property_id", sa.Uuid, sa.ForeignKey("properties.id"), nullable=False),
        sa.Column("room_type_id", sa.Uuid, sa.ForeignKey("room_types.id"), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("floor", sa.Text),
        sa.Column("building", sa.Text),
        sa.Column("features", ARRAY(sa.Text), nullable=False),
        sa.Column("connects_with", ARRAY(sa.Text), nullable=False, comment="numbers of rooms behind a shared door"),
        sa.Column("position", sa.Integer, nullable=False, comment="the house's order"),
        sa.Column("housekeeping", sa.Text, nullable=False),
        sa.Column("status_at", _INSTANT, nullable=False, comment="since when it is so"),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("retired_on", sa.Date, comment="from this day on it is no room any more"),
        sa.CheckConstraint(_HOUSEKEEPING),
        postgresql_with={"fillfactor": "80"},
        comment="never deleted: past stays name them",
    )
    op.create_index("rooms_by_number", "rooms", ["property_id", sa.text("lower(number)")], unique=True)
    op.create_index("rooms_in_order", "rooms", ["property_id", "position", "id"])
    op.create_table(
        "room_closures",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("room_id", sa.Uuid, sa.ForeignKey("rooms.id"), nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("room_type_id", sa.Uuid, nullable=False, comment="the room's: fixed while it is closed"),
        sa.Column("kind", sa.Text, nullable=False, comment="one that is out of order is not sold either"),
        sa.Column("nights", DATERANGE, nullable=False),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint("kind IN ('out_of_order', 'out_of_service')"),
        sa.CheckConstraint("NOT isempty(nights)"),
    )
    # No foreign keys, for the reason that bookings have none; whoever writes locks the room's row before.
    op.create_table(
        "room_assignments",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, comment="of the room within the booking"),
        sa.Column("room_id", sa.Uuid, nullable=False),
        sa.Column("nights", DATERANGE, nullable=False, comment="empty where guests left on the day they came"),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("occupied_at", _INSTANT, comment="when the guests came into it"),
        sa.Column("vacated_at", _INSTANT, comment="when they left it"),
        sa.CheckConstraint("vacated_at >= occupied_at"),
        sa.CheckConstraint("NOT isempty(nights) OR occupied_at IS NOT NULL"),
        comment="stays after departure: past days are answered from it",
    )
    op.create_index("room_assignments_of_booking", "room_assignments", ["booking_id"])
    op.create_index(
        "room_assignments_one_in_a_room",
        "room_assignments",
        ["room_id"],
        unique=True,
        postgresql_where=sa.text("occupied_at IS NOT NULL AND vacated_at IS NULL"),
    )
    op.create_table(
        "room_statuses",
        sa.Column("room_id", sa.Uuid, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("housekeeping", sa.Text, nullable=False),
        sa.Column("source", sa.Text, comment="the system that said so"),
        sa.Column("external_id", sa.Text, comment="what it calls its message"),
        sa.CheckConstraint(_HOUSEKEEPING),
        sa.CheckConstraint("(source IS NULL) = (external_id IS NULL)"),
        comment="append-only: what was said of how clean rooms are",
    )
    op.create_index("room_statuses_by_room", "room_statuses", ["room_id", "at"])
    op.create_index(
        "room_statuses_of_source",
        "room_statuses",
        ["external_id", "source"],
        unique=True,
        postgresql_where=sa.text("source IS NOT NULL"),
    )
    op.create_table(
        "housekeeping_rules",
        sa.Column("property_id", sa.Uuid, sa.ForeignKey("properties.id"), primary_key=True),
        sa.Column("dirty_at", sa.Time, comment="when rooms with guests become dirty each day, by the property's clock"),
        sa.Column("done_on", sa.Date, nullable=False, comment="the last day on which they did"),
    )
    op.execute(_ONE_AT_A_TIME)


_ONE_AT_A_TIME = """
    ALTER TABLE room_closures ADD CONSTRAINT room_closures_one_at_a_time
        EXCLUDE USING gist (room_id WITH =, nights WITH &&);
    ALTER TABLE room_assignments ADD CONSTRAINT room_assignments_one_at_a_time
        EXCLUDE USING gist (room_id WITH =, nights WITH &&);
"""
