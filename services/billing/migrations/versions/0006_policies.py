"""Policies of houses, the terms bookings were made under, fees charged by them, and deposits due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "policy_houses",
        sa.Column("property_id", sa.Uuid, primary_key=True),
        sa.Column("time_zone", sa.Text, nullable=False, comment="by which days and hours of policies are meant"),
    )
    op.create_table(
        "policies",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, comment="tried in this order"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("policy", JSONB, nullable=False),
        sa.UniqueConstraint("property_id", "position", name="policies_in_order"),
    )
    op.create_table(
        "booking_terms",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("held", sa.Boolean, nullable=False, comment="was heard of as tentative"),
        sa.Column("confirmed", sa.Boolean, nullable=False, comment="was heard of as confirmed"),
        sa.Column("terms", JSONB(none_as_null=True), comment="policies as they were when the booking was made"),
        sa.Column("chosen_at", _INSTANT),
        sa.Column("ended", JSONB(none_as_null=True), comment="the stay as it was when cancelled or a no-show"),
    )
    op.create_table(
        "booking_fees",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor > 0"), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("charge_id", sa.Uuid, nullable=False),
        sa.Column("posted_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "deposits_due",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor > 0"), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False, comment="the last day to pay it, in the property's zone"),
        sa.Column("state", sa.Text, nullable=False, comment="open, met, overdue or dropped; met once its day is over"),
        sa.Index("deposits_in_order", "property_id", "due_on", "booking_id"),
        sa.Index("deposits_by_day", "due_on", "booking_id"),
        sa.Index("deposits_by_state", "state", "due_on", "booking_id"),
    )
