"""What every card must have, and imports of guests from files."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE entry_rules (
    kind text NOT NULL,
    country text,
    property_id uuid,
    required text[] NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX entry_rules_pkey ON entry_rules
    (kind, coalesce(country, ''), coalesce(property_id, '00000000-0000-0000-0000-000000000000'));
COMMENT ON TABLE entry_rules IS 'what a card must have that is written in this country or property; null: anywhere';

CREATE TABLE imports (
    id uuid PRIMARY KEY,
    digest text NOT NULL,
    dry_run boolean NOT NULL,
    plan jsonb NOT NULL,
    batch_rows integer NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'done', 'failed')),
    rows integer,
    why text,
    started_by text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX imports_by_digest ON imports (digest) WHERE state = 'open';
CREATE INDEX imports_by_start ON imports (started_at);
COMMENT ON COLUMN imports.digest IS 'SHA-256 of the file: the same file again goes on where it was';
COMMENT ON COLUMN imports.plan IS 'what its columns hold, and how dates and numbers are read';
COMMENT ON COLUMN imports.rows IS 'of the file, once its end was seen';

-- A batch is through when it has counts; the rows themselves are kept only until then.
CREATE TABLE import_batches (
    import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    number integer NOT NULL,
    rows jsonb,
    outcomes text,
    places integer[],
    profiles uuid[],
    said jsonb,
    counts jsonb,
    PRIMARY KEY (import_id, number)
);
COMMENT ON COLUMN import_batches.outcomes IS 'a letter per row: n new, c completed, k known, v for review, x refused';
COMMENT ON COLUMN import_batches.places IS 'where in the file the rows stand';
COMMENT ON COLUMN import_batches.said IS '[place in the batch, field, what is wrong], never a value';

CREATE TABLE import_traces (
    import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    trace bytea NOT NULL,
    row integer NOT NULL,
    PRIMARY KEY (import_id, trace)
);
COMMENT ON TABLE import_traces IS 'digests of whom the rows of a dry run are about, which writes nobody';
"""


def upgrade() -> None:
    op.execute(TABLES)
