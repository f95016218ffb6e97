"""Fields that the house defines for itself, and their values on cards."""

from alembic import op

revision = "0009"
down_revision = "0008"

FIELDS = """
CREATE TABLE field_definitions (
    code text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL,
    property_id uuid,
    position integer NOT NULL,
    said jsonb NOT NULL,
    retention_months integer,
    retired_at timestamptz,
    wiped bigint NOT NULL DEFAULT 0,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);
COMMENT ON COLUMN field_definitions.property_id IS 'seen and filled at this property only';
COMMENT ON COLUMN field_definitions.said IS 'type, labels, options, bounds and the rest, as the contract has them';
COMMENT ON COLUMN field_definitions.wiped IS 'values whose time was over, since there is the field';

CREATE TABLE profile_fields (
    profile_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    code text COLLATE "C" NOT NULL REFERENCES field_definitions (code),
    type text NOT NULL,
    value jsonb,
    sealed bytea,
    key_id text COLLATE "C",
    kept_by integer NOT NULL,
    source text NOT NULL,
    said_by text NOT NULL,
    said_at timestamptz NOT NULL,
    review_on date,
    PRIMARY KEY (profile_id, code),
    CHECK ((value IS NULL) <> (sealed IS NULL)),
    CHECK ((key_id IS NULL) = (sealed IS NULL))
);
CREATE INDEX profile_fields_by_definition ON profile_fields (code, kept_by);
CREATE INDEX profile_fields_sealed ON profile_fields (key_id) WHERE key_id IS NOT NULL;
CREATE INDEX profile_fields_to_review ON profile_fields (review_on) WHERE review_on IS NOT NULL;
COMMENT ON COLUMN profile_fields.type IS 'of the field when the value was written: it is stored as it was then';
COMMENT ON COLUMN profile_fields.kept_by IS 'the version of the definition by which it is sealed, found and reviewed';
COMMENT ON COLUMN profile_fields.review_on IS 'the day from which its time may be over';

-- What values are looked for by; of sealed ones a keyed hash.
CREATE TABLE field_keys (
    code text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    profile_id uuid NOT NULL,
    PRIMARY KEY (code, key, profile_id),
    FOREIGN KEY (profile_id, code) REFERENCES profile_fields (profile_id, code) ON DELETE CASCADE
);
CREATE INDEX field_keys_of_value ON field_keys (profile_id, code);
"""


def upgrade() -> None:
    op.execute(FIELDS)
