"""Profiles, their contact points, levels, notes, and who was recognised on which booking."""

from alembic import op

from services.kit.tables import create_messaging_tables

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE levels (
    name text PRIMARY KEY,
    do_not_book boolean NOT NULL DEFAULT false
);
INSERT INTO levels (name, do_not_book) VALUES ('VIP', false), ('Gold', false), ('Do Not Book', true);

CREATE TABLE profiles (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('person', 'company')),
    given_name text,
    family_name text,
    second_family_name text,
    name text,
    sex text,
    birth_date date,
    nationality text,
    language text,
    addresses jsonb NOT NULL DEFAULT '[]',
    level text REFERENCES levels (name) ON UPDATE CASCADE,
    stage text NOT NULL CHECK (stage IN ('lead', 'guest', 'member', 'lapsed')),
    merged_into uuid REFERENCES profiles (id),
    -- folded by the service (services/profiles/domain/names.py), which keeps them in step with the names
    match_name text COLLATE "C" NOT NULL,
    search_name text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
-- a list by name, and the beginning of a name where pg_trgm is missing
CREATE INDEX profiles_by_name ON profiles (search_name, id);
CREATE INDEX profiles_by_birth ON profiles (birth_date, match_name) WHERE birth_date IS NOT NULL;
CREATE INDEX companies_by_name ON profiles (match_name) WHERE kind = 'company';

-- `key` is what equal addresses share (an e-mail in lower case, a number in E.164); `seq` their order on the card.
CREATE TABLE contact_points (
    profile_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('email', 'phone')),
    value text NOT NULL,
    type text NOT NULL,
    is_primary boolean NOT NULL,
    verified boolean NOT NULL,
    relay boolean NOT NULL,
    source text,
    PRIMARY KEY (profile_id, key)
);
CREATE INDEX contact_points_by_key ON contact_points (key);

CREATE TABLE notes (
    id uuid PRIMARY KEY,
    profile_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    text text NOT NULL,
    pinned boolean NOT NULL,
    author text NOT NULL,
    written_at timestamptz NOT NULL
);
CREATE INDEX notes_by_profile ON notes (profile_id, written_at);

-- [{"position": 0, "profile_id": …}] as last announced, for the people of `booking_version`
CREATE TABLE recognitions (
    booking_id uuid PRIMARY KEY,
    booking_version integer NOT NULL,
    people jsonb NOT NULL
);
"""

# A trusted extension: whoever owns the database may create it. Without it a part of a name is found by a scan.
PARTS_OF_NAMES = """
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX profiles_by_part_of_name ON profiles USING gin (search_name gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE WARNING 'pg_trgm is not available here: parts of names are found by a scan';
END
$$
"""


def upgrade() -> None:
    create_messaging_tables(op)
    op.execute(TABLES)
    op.execute(PARTS_OF_NAMES)
