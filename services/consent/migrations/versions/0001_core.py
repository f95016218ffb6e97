"""Accounts, and the records of consent that nobody can change."""

from alembic import op

from services.kit.tables import create_messaging_tables

revision = "0001"
down_revision = None

TABLES = """
-- One row per profile: its lock puts the acts of a guest in order, and `last_at` keeps their instants growing.
CREATE TABLE accounts (
    profile_id uuid PRIMARY KEY,
    version integer NOT NULL,
    opened_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL
);

CREATE TABLE records (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    profile_id uuid NOT NULL REFERENCES accounts (profile_id),
    purpose text NOT NULL,
    channel text NOT NULL,
    granted boolean NOT NULL,
    wording_version text NOT NULL,
    language text,
    source text NOT NULL,
    actor text NOT NULL,
    address inet,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX records_of_profile ON records (profile_id, seq);
COMMENT ON TABLE records IS 'append-only: proof of each grant and withdrawal (GDPR art. 7(1))';
"""

# The grants already forbid it to the service; this forbids it to the owner of the table as well.
NEVER_CHANGED = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records of consent are never changed' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON records
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    create_messaging_tables(op)
    op.execute(TABLES)
    op.execute(NEVER_CHANGED)
