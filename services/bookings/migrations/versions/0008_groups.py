"""Groups, the nights that their blocks hold, functions, and the rooms that functions are held in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, TSTZRANGE

revision = "0008"
down_revision = "0007"

_INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "groups",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, comment="counts what staff said; picking up changes nothing"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("arrival", sa.Date, nullable=False),
        sa.Column("departure", sa.Date, nullable=False),
        sa.Column("cut_off", sa.Date, nullable=False, comment="the day on which what is left is released"),
        sa.Column("may_exceed", sa.Boolean, nullable=False),
        sa.Column("rate", sa.Text),
        sa.Column("contact", JSONB(none_as_null=True), comment="the contract Contact"),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('open', 'released', 'cancelling', 'cancelled')"),
        sa.CheckConstraint("arrival < departure AND cut_off <= departure"),
    )
    op.create_index("groups_of_property", "groups", ["property_id", "arrival", "code"])
    op.create_index(
        "groups_at_work",
        "groups",
        ["state", "cut_off"],
        postgresql_where=sa.text("state IN ('open', 'cancelling')"),
    )
    op.create_table(
        "block_nights",
        sa.Column("group_code", sa.Text, sa.ForeignKey("groups.code"), primary_key=True),
        sa.Column("room_type_id", sa.Uuid, primary_key=True),
        sa.Column("night", sa.Date, primary_key=True),
        sa.Column("rooms", sa.Integer, nullable=False, comment="agreed on; less the group's stays they are left"),
        sa.Column("price_minor", sa.BigInteger, comment="of a room for this night"),
        sa.CheckConstraint("rooms > 0 AND price_minor >= 0"),
        comment="the nights' counters hold what is left of a block while its group is open",
    )
    # No foreign key, for the reason that bookings have none.
    op.add_column("bookings", sa.Column("group_code", sa.Text, comment="the group whose block it is picked up from"))
    op.create_index(
        "bookings_of_group",
        "bookings",
        ["group_code", "id"],
        postgresql_where=sa.text("group_code IS NOT NULL"),
    )
    op.execute(_CANCELLED_KEEPS_ITS_GROUP)
    op.create_table(
        "function_rooms",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("property_id", sa.Uuid, sa.ForeignKey("properties.id"), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False, comment="people"),
        sa.Column("retired", sa.Boolean, nullable=False, comment="no new function is held in it"),
        sa.UniqueConstraint("property_id", "code"),
        sa.CheckConstraint("capacity > 0"),
    )
    op.create_table(
        "functions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("guests", sa.Integer, comment="people expected"),
        sa.Column("rooms", JSONB, nullable=False, comment="the contract FunctionUse of each"),
        sa.Column("contact", JSONB(none_as_null=True), comment="the contract Contact"),
        sa.Column("group_code", sa.Text, sa.ForeignKey("groups.code")),
        sa.Column("notes", sa.Text),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('booked', 'cancelled')"),
        sa.CheckConstraint("starts_at < ends_at"),
    )
    op.create_index("functions_of_property", "functions", ["property_id", "starts_at", "id"])
    op.create_index(
        "functions_of_group", "functions", ["group_code"], postgresql_where=sa.text("group_code IS NOT NULL")
    )
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "function_uses",
        sa.Column("function_id", sa.Uuid, sa.ForeignKey("functions.id"), nullable=False, index=True),
        sa.Column("room_id", sa.Uuid, sa.ForeignKey("function_rooms.id"), nullable=False),
        sa.Column("during", TSTZRANGE, nullable=False),
        sa.CheckConstraint("NOT isempty(during)"),
        comment="while a function is booked: no room is used by two at once",
    )
    op.execute(
        "ALTER TABLE function_uses ADD CONSTRAINT one_function_at_a_time"
        " EXCLUDE USING gist (room_id WITH =, during WITH &&)"
    )


# A trigger of its own beside the one that freezes the rest of a cancelled booking.
_CANCELLED_KEEPS_ITS_GROUP = """
    CREATE TRIGGER cancelled_keeps_its_group BEFORE UPDATE ON bookings FOR EACH ROW
    WHEN (OLD.state = 'cancelled' AND NEW.group_code IS DISTINCT FROM OLD.group_code)
    EXECUTE FUNCTION cancelled_is_frozen()
"""
