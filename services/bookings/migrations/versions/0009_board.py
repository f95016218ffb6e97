"""Who has which room of a property on a day, for its board."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("room_assignments_by_night", "room_assignments", ["property_id", "nights"], postgresql_using="gist")
