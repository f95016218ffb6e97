"""Registrations of guests, the registers drawn from them, who looked at them, and what was destroyed in time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "0005"
down_revision = "0004"

_INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    # No foreign keys to bookings, for the reason that bookings have none.
    op.create_table(
        "registrations",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, comment="the person's on the booking"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("person", JSONB, comment="the contract Particulars, without the numbers of the document"),
        sa.Column("sealed", sa.LargeBinary, comment="the numbers of the document, AES-256-GCM"),
        sa.Column("key_id", sa.Text, comment="of the key that opens them", index=True),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("destroyed_at", _INSTANT),
        sa.CheckConstraint("state IN ('kept', 'deleted', 'destroyed')"),
        sa.CheckConstraint("(state = 'kept') = (person IS NOT NULL)", name="nothing_personal_is_left"),
        sa.CheckConstraint("(sealed IS NULL) = (key_id IS NULL) AND (sealed IS NULL OR person IS NOT NULL)"),
        sa.CheckConstraint("(state = 'destroyed') = (destroyed_at IS NOT NULL)"),
        comment="one row per person and stay; what is left of a destroyed one says only that it was there",
    )
    op.create_index(
        "bookings_by_day_left",
        "bookings",
        ["property_id", "held_until"],
        postgresql_where=sa.text("state = 'departed'"),
    )
    op.create_table(
        "register_houses",
        sa.Column("property_id", sa.Uuid, primary_key=True),
        sa.Column("house", JSONB, nullable=False, comment="how the authority knows the property"),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "register_exports",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("guests", sa.Integer, nullable=False),
        sa.Column("exempt", sa.Integer, nullable=False),
        sa.Column("left_out", JSONB, nullable=False, comment="positions and pointers, no values"),
        sa.Column("content_sha256", sa.LargeBinary, nullable=False, comment="of the file but for its number and time"),
        sa.Column("file_name", sa.Text),
        sa.Column("media_type", sa.Text),
        sa.Column("file_sha256", sa.LargeBinary),
        sa.Column("exported_at", _INSTANT, nullable=False),
        sa.Column("exported_by", sa.Text, nullable=False),
        sa.UniqueConstraint("property_id", "country", "number", name="register_numbers_once"),
        sa.Index("register_exports_of_day", "property_id", "country", "day", "number"),
        comment="append-only: what was exported, when and by whom, without a word about anybody",
    )
    op.create_table(
        "register_entries",
        sa.Column("export_id", sa.Uuid, sa.ForeignKey("register_exports.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="the registration's"),
        sa.Column("event", sa.Text, nullable=False),
        sa.Index("register_entries_of_registration", "booking_id", "position"),
        sa.CheckConstraint("event IN ('entry', 'exit')"),
        comment="append-only: which registrations went into which export",
    )
    op.create_table(
        "register_files",
        sa.Column("export_id", sa.Uuid, sa.ForeignKey("register_exports.id"), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False, comment="the file, AES-256-GCM"),
        sa.Column("key_id", sa.Text, nullable=False, index=True),
        comment="destroyed with the registrations they were made of",
    )
    op.create_table(
        "register_receipts",
        sa.Column("export_id", sa.Uuid, sa.ForeignKey("register_exports.id"), primary_key=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("kept_at", _INSTANT, nullable=False),
        sa.Column("kept_by", sa.Text, nullable=False),
        comment="append-only: the authority's receipts",
    )
    op.create_table(
        "register_looks",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Uuid, nullable=False, comment="booking or export", index=True),
        sa.Column("position", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("looked_at", _INSTANT, nullable=False),
        sa.Column("looked_by", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('document', 'card', 'file')"),
        comment="append-only: who saw what is otherwise masked, and why",
    )
    op.create_table(
        "register_destructions",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("destroyed_at", _INSTANT, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("registrations", sa.Integer, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        comment="append-only: how many were destroyed when their time was over",
    )
