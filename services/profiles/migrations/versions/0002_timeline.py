"""One line per thing that happened to a guest, whichever service it happened in."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE timeline (
    seq bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    profile_id uuid NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    what text NOT NULL,
    property_id uuid,
    booking_id uuid,
    ref uuid,
    actor text,
    facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX timeline_of_profile ON timeline (profile_id, at DESC, seq DESC);
CREATE INDEX timeline_of_booking ON timeline (booking_id) WHERE booking_id IS NOT NULL;
COMMENT ON TABLE timeline IS 'what happened to a guest, newest last; ids, amounts and states, never names or addresses';
COMMENT ON COLUMN timeline.what IS 'the event, as in booking.confirmed';
COMMENT ON COLUMN timeline.property_id IS 'where the event says it; else it is that of the booking''s other lines';
COMMENT ON COLUMN timeline.ref IS 'the thing it happened to: a message, a payment, a note';
"""


def upgrade() -> None:
    op.execute(TABLES)
