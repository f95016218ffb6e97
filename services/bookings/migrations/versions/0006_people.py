"""People and needs beside what a booking's source says of them, guests as they departed, and the terms of stays."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

revision = "0006"
down_revision = "0005"

_INSTANT = TIMESTAMP(timezone=True)
_KINDS = "kind IN ('cancellation', 'prepayment', 'penalty', 'house-rules', 'general')"


def upgrade() -> None:
    op.add_column("bookings", sa.Column("people_given", sa.Integer, nullable=False, server_default="0"))
    op.add_column("bookings", sa.Column("people_said", sa.Text, comment="hash of what its source said of them"))
    op.add_column("bookings", sa.Column("needs_note", sa.Text))
    op.add_column(
        "bookings",
        sa.Column("needs_said", ARRAY(sa.Text), nullable=False, server_default="{}", comment="by its source"),
    )
    op.execute(_FROZEN)
    op.create_table(
        "departed_guests",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, comment="the booking's at check-out"),
        sa.Column("guests", JSONB, nullable=False),
        comment="personal data: guests as they were known at check-out",
    )
    op.create_table(
        "terms",
        sa.Column("property_id", sa.Uuid, sa.ForeignKey("properties.id"), primary_key=True),
        sa.Column("language", sa.Text, primary_key=True, comment="BCP 47"),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("title", sa.Text, comment="none where they were withdrawn"),
        sa.Column("text", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("written_at", _INSTANT, nullable=False),
        sa.CheckConstraint(_KINDS),
        sa.CheckConstraint("(title IS NULL) = (text IS NULL)"),
        comment="append-only: what was told stays what it was",
    )
    op.create_table(
        "terms_told_by",
        sa.Column("property_id", sa.Uuid, sa.ForeignKey("properties.id"), primary_key=True),
        sa.Column("language", sa.Text, nullable=False, comment="the property's own"),
        sa.Column("automatic", sa.Text, nullable=False),
        sa.CheckConstraint("automatic IN ('never', 'direct', 'always')"),
        comment="whether the terms are told by themselves when a booking is confirmed",
    )
    op.create_table(
        "told_terms",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, comment="counts within the booking"),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False, comment="that was wanted; each of the terms has its own"),
        sa.Column("terms", JSONB, nullable=False, comment="kind, language, version and title of each"),
        sa.Column("copy", sa.Text, nullable=False, comment="the text as it was told; no personal data"),
        sa.Column("sha256", sa.Text, nullable=False, comment="of the copy in UTF-8"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("told_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("booking_id", "number"),
        sa.UniqueConstraint("booking_id", "how", "sha256", name="told_once"),
        comment="append-only: the proof",
    )


# Whoever is on a cancelled booking may still be recognised, and found again after a merge: their links may change, and
# nothing that was said of them.
_FROZEN = """
    CREATE FUNCTION people_of_cancelled_are_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.needs_note IS DISTINCT FROM OLD.needs_note
           OR (SELECT jsonb_agg(p - 'profile_id' ORDER BY n)
               FROM jsonb_array_elements(NEW.people) WITH ORDINALITY AS e (p, n)) IS DISTINCT FROM
              (SELECT jsonb_agg(p - 'profile_id' ORDER BY n)
               FROM jsonb_array_elements(OLD.people) WITH ORDINALITY AS e (p, n)) THEN
            RAISE EXCEPTION 'a cancelled booking is never changed' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER people_of_cancelled_are_frozen BEFORE UPDATE ON bookings FOR EACH ROW
    WHEN (OLD.state = 'cancelled' AND (NEW.people, NEW.needs_note) IS DISTINCT FROM (OLD.people, OLD.needs_note))
    EXECUTE FUNCTION people_of_cancelled_are_frozen()
"""
