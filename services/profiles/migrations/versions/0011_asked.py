"""Which guests were asked to verify themselves at which booking."""

from alembic import op

revision = "0011"
down_revision = "0010"

ASKED = """
CREATE TABLE asked_verifications (
    booking_id uuid NOT NULL,
    profile_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    PRIMARY KEY (booking_id, profile_id)
);
CREATE INDEX asked_of_profile ON asked_verifications (profile_id);
COMMENT ON TABLE asked_verifications IS 'a booking of a house that asks for it asks each of its guests once';
"""


def upgrade() -> None:
    op.execute(ASKED)
