"""Teams, the rules that route bookings to them, and where each booking has been sent; bookings counted by channel."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

revision = "0003"
down_revision = "0002"

_INSTANT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("members", ARRAY(sa.Text), nullable=False, comment="key:… and staff:…"),
        comment="never deleted: routes name them",
    )
    op.create_table(
        "routing_rules",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", JSONB, nullable=False),
    )
    op.create_table(
        "guest_levels",
        sa.Column("profile_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, comment="the profile's"),
        sa.Column("level", sa.Text),
    )
    op.create_table(
        "routing_due",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, comment="of the profile or the booking; none for the rules"),
        sa.CheckConstraint("kind = 'rules' OR kind IN ('profile', 'booking') AND id IS NOT NULL"),
        comment="what has changed and is yet to be followed; only added to, so that nobody waits for anybody",
    )
    # No foreign keys, for the reason that bookings have none.
    op.create_table(
        "routes",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, comment="counts changes of team, branch and claim"),
        sa.Column("booking_version", sa.Integer, nullable=False, comment="of the booking that was looked at"),
        sa.Column("team", sa.Text),
        sa.Column("branch", sa.Text, comment="code of the property that works on it"),
        sa.Column("rule", sa.Text),
        sa.Column("tried", JSONB, nullable=False, comment="rules before it, each with the condition that failed"),
        sa.Column("arrival", sa.Date, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False, comment="stands in the team's queue"),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_at", _INSTANT),
        sa.CheckConstraint("(team IS NULL) = (branch IS NULL) AND (team IS NOT NULL OR NOT open)"),
        sa.CheckConstraint("(claimed_by IS NULL) = (claimed_at IS NULL) AND (claimed_by IS NULL OR team IS NOT NULL)"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "routes_in_queue", "routes", ["team", "arrival", "since", "booking_id"], postgresql_where=sa.text("open")
    )
    op.create_table(
        "route_history",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, comment="the route's"),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("team", sa.Text),
        sa.Column("branch", sa.Text),
        sa.Column("rule", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("released", sa.Text, comment="who had claimed it until then"),
        sa.Column("at", _INSTANT, nullable=False),
        sa.CheckConstraint("change IN ('routed', 'unrouted', 'claimed', 'handed_back')"),
    )
    # For reports by day of booking: bookings stand in the table about as they were made, and this costs them nothing.
    op.create_index("bookings_by_booked_at", "bookings", ["booked_at"], postgresql_using="brin")
