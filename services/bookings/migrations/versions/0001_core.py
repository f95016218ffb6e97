"""Properties, nights, bookings and notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from services.kit.tables import create_messaging_tables

revision = "0001"
down_revision = None

_INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    create_messaging_tables(op)
    op.create_table(
        "properties",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
    )
    op.create_table(
        "room_types",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("property_id", sa.Uuid, sa.ForeignKey("properties.id"), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("overbooking", sa.Integer, nullable=False),
        sa.Column("occupancy", sa.Integer, nullable=False),
        sa.UniqueConstraint("property_id", "code"),
        sa.CheckConstraint("capacity >= 0 AND overbooking >= 0 AND occupancy > 0"),
    )
    # Rows appear when a night is first sold. No foreign keys here nor in bookings: each would lock the one row of the
    # room type or property for every booking made, and those rows are never deleted.
    op.create_table(
        "nights",
        sa.Column("room_type_id", sa.Uuid, primary_key=True),
        sa.Column("night", sa.Date, primary_key=True),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("overbooking", sa.Integer, nullable=False),
        sa.Column("sold", sa.Integer, nullable=False),
        # sold by other systems beyond the bound: they have, whether there is a room or not
        sa.Column("oversold", sa.Integer, nullable=False),
        sa.CheckConstraint("sold >= 0 AND sold <= capacity + overbooking", name="sold_within_bound"),
        sa.CheckConstraint("oversold = 0 OR oversold > 0 AND sold = capacity + overbooking", name="oversold_when_full"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "bookings",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_ref", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("method", sa.Text),
        sa.Column("arrival", sa.Date, nullable=False),
        sa.Column("departure", sa.Date, nullable=False),
        sa.Column("held_until", sa.Date, nullable=False),
        sa.Column("rooms", JSONB, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("flags", ARRAY(sa.Text), nullable=False),
        sa.Column("people", JSONB, nullable=False),
        sa.Column("people_version", sa.Integer, nullable=False),
        sa.Column("identified", sa.Boolean, nullable=False),
        sa.Column("requests", sa.Text),
        sa.Column("told_state", sa.Text),
        sa.Column("told_facts", sa.Text),
        sa.Column("booked_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('tentative', 'confirmed', 'in_house', 'departed', 'cancelled', 'no_show')"),
        sa.CheckConstraint("arrival < departure AND held_until BETWEEN arrival AND departure"),
        sa.CheckConstraint("price_minor >= 0"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "bookings_of_source",
        "bookings",
        ["external_ref", "source"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_index("bookings_by_arrival", "bookings", ["arrival", "id"])
    op.create_table(
        "booked_profiles",
        sa.Column("profile_id", sa.Uuid, primary_key=True),
        sa.Column("booking_id", sa.Uuid, primary_key=True),
    )
    op.create_table(
        "unwelcome",
        sa.Column("profile_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("do_not_book", sa.Boolean, nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("booking_id", sa.Uuid),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("external_id", "source", "revision"),
        sa.CheckConstraint("state IN ('received', 'applied', 'ignored', 'parked')"),
    )
    op.create_index("notices_not_applied", "notices", ["state", "id"], postgresql_where=sa.text("state <> 'applied'"))
    op.execute(_FROZEN)


# What the rules forbid in code the table forbids as well: a cancelled booking may still learn who its people are.
_FROZEN = """
    CREATE FUNCTION cancelled_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a cancelled booking is never changed' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER cancelled_is_frozen BEFORE UPDATE ON bookings FOR EACH ROW
    WHEN (OLD.state = 'cancelled' AND (
        (NEW.state, NEW.property_id, NEW.source, NEW.external_ref, NEW.channel, NEW.method, NEW.arrival, NEW.departure,
         NEW.held_until, NEW.rooms, NEW.price_minor, NEW.currency, NEW.flags, NEW.requests, NEW.booked_at)
        IS DISTINCT FROM
        (OLD.state, OLD.property_id, OLD.source, OLD.external_ref, OLD.channel, OLD.method, OLD.arrival, OLD.departure,
         OLD.held_until, OLD.rooms, OLD.price_minor, OLD.currency, OLD.flags, OLD.requests, OLD.booked_at)))
    EXECUTE FUNCTION cancelled_is_frozen()
"""
