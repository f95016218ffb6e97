"""Contact points with ids, validity and proof; names in parts and scripts; agencies; rules about identifiers."""

import json

import sqlalchemy as sa
from alembic import op

from services.profiles.domain.relays import seed

revision = "0004"
down_revision = "0003"

CARDS = """
ALTER TABLE profiles
    DROP CONSTRAINT profiles_kind_check,
    ADD CONSTRAINT profiles_kind_check CHECK (kind IN ('person', 'company', 'agency')),
    ADD COLUMN title text,
    ADD COLUMN suffix text,
    ADD COLUMN preferred_name text,
    ADD COLUMN name_forms jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN birth_place text,
    ADD COLUMN other_nationalities text[] NOT NULL DEFAULT '{}',
    ADD COLUMN other_languages text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN profiles.name_forms IS 'the name in other scripts: [{"script": "Cyrl", "given_name": …}] (ISO 15924)';
DROP INDEX companies_by_name;
CREATE INDEX organisations_by_name ON profiles (match_name) WHERE kind <> 'person';
UPDATE profiles SET addresses = (
    SELECT jsonb_agg(a || jsonb_build_object('id', gen_random_uuid(), 'primary', at = 1) ORDER BY at)
    FROM jsonb_array_elements(addresses) WITH ORDINALITY AS each (a, at)
) WHERE addresses <> '[]';
"""

POINTS = """
ALTER TABLE contact_points
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN means text CHECK (means IN ('relay', 'agency', 'placeholder')),
    ADD COLUMN verified_at timestamptz,
    ADD COLUMN valid_from date,
    ADD COLUMN valid_to date;
COMMENT ON COLUMN contact_points.relay IS 'says nothing of who somebody is: by a rule that `means` tells, or forwarded';
COMMENT ON COLUMN contact_points.valid_to IS 'the last day; one that is past is kept, and identifies nobody any more';
UPDATE contact_points SET means = 'relay' WHERE relay AND kind = 'email';
UPDATE contact_points c SET is_primary = false WHERE is_primary AND EXISTS (
    SELECT 1 FROM contact_points o
    WHERE o.profile_id = c.profile_id AND o.kind = c.kind AND o.is_primary AND o.seq < c.seq
);
CREATE UNIQUE INDEX one_primary_of_a_kind ON contact_points (profile_id, kind) WHERE is_primary;
"""

RULES = """
CREATE TABLE identifier_rules (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    version integer NOT NULL DEFAULT 1,
    kind text NOT NULL CHECK (kind IN ('domain', 'address', 'name', 'number')),
    pattern text COLLATE "C" NOT NULL,
    means text NOT NULL CHECK (means IN ('relay', 'agency', 'placeholder')),
    site text,
    confidence text NOT NULL CHECK (confidence IN ('sure', 'likely')),
    source text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_rule_per_pattern UNIQUE (kind, pattern)
);
COMMENT ON TABLE identifier_rules IS 'which e-mail addresses and numbers belong to a booking, an agency or nobody';
COMMENT ON COLUMN identifier_rules.pattern IS
    'lower case, domains in ASCII (RFC 5891); .example.com is example.com and whatever is below it';

-- One row. `edition` is drawn anew with every change of a rule, so that whoever keeps the rules in memory sees that
-- they are old. All contact points are judged anew by a walk through the register: `walking` is the edition it judges
-- by, `after` the profile it has come to. `walked` is the edition of the last whole walk; `settled` the one of the last
-- that began late enough to have met what was written by the rules before.
CREATE TABLE identifier_edition (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    edition uuid NOT NULL DEFAULT gen_random_uuid(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    walking uuid,
    began_at timestamptz,
    after uuid,
    walked uuid,
    settled uuid
);
INSERT INTO identifier_edition DEFAULT VALUES;
UPDATE identifier_edition SET walked = edition, settled = edition WHERE NOT EXISTS (SELECT 1 FROM contact_points);
"""

SEED = """
INSERT INTO identifier_rules (kind, pattern, means, site, confidence, source)
SELECT kind, pattern, means, site, confidence, 'foyer'
FROM json_to_recordset(CAST(:rules AS json)) AS r (kind text, pattern text, means text, site text, confidence text)
"""


def upgrade() -> None:
    op.execute(CARDS)
    op.execute(POINTS)
    op.execute(RULES)
    op.execute(sa.text(SEED).bindparams(rules=json.dumps(seed())))
