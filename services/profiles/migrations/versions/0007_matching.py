"""Matching: how rare names are, by what cards are found that may be one person, pairs to look into, retired cards."""

from alembic import op

revision = "0007"
down_revision = "0006"

# Words as matching compares them; both sides of a comparison come from here. `match_sound` is the same for names that
# sound alike in most languages of Europe, whichever of the two words comes first.
WORDS = r"""
CREATE FUNCTION match_fold(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT trim(regexp_replace(lower(regexp_replace(normalize(
        translate(said, 'ØøŁłĐđÐðıĦħ''’‘ʼ`´', 'OoLlDdDdiHh'), NFKD), '[\u0300-\u036F]', '', 'g')),
        '(\W|_)+', ' ', 'g'))
$$;
CREATE FUNCTION match_sound(one text, other text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(sound, ' ' ORDER BY sound) FROM (
        SELECT regexp_replace(
            left(plain, 1) || translate(substr(plain, 2), 'aeiou', ''), '(.)\1+', '\1', 'g') AS sound
        FROM (
            SELECT translate(regexp_replace(regexp_replace(replace(word, 'ph', 'f'), '(s?ch|ck|sh)', 'k', 'g'),
                '(.)h', '\1', 'g'), 'cqgjyzwvdbm', 'kkkiisfftpn') AS plain
            FROM unnest(ARRAY[one, other]) AS word WHERE word <> ''
        ) AS p
    ) AS s
$$;
ALTER TABLE profiles
    ADD COLUMN given_word text COLLATE "C" GENERATED ALWAYS AS (
        split_part(match_fold(coalesce(given_name, name, family_name, '')), ' ', 1)) STORED,
    ADD COLUMN family_word text COLLATE "C" GENERATED ALWAYS AS (
        split_part(match_fold(coalesce(family_name, name, given_name, '')), ' ', -1)) STORED,
    ADD COLUMN origin text,
    ADD COLUMN retired_at timestamptz;
COMMENT ON COLUMN profiles.origin IS 'booking: made by recognising the people of one, by nobody by hand';
CREATE INDEX persons_by_given ON profiles (given_word, family_word) WHERE merged_into IS NULL;
CREATE INDEX persons_by_family ON profiles (family_word, given_word) WHERE merged_into IS NULL;
CREATE INDEX persons_by_sound ON profiles (match_sound(given_word, family_word)) WHERE merged_into IS NULL;
CREATE INDEX profiles_retired ON profiles (merged_into) WHERE merged_into IS NOT NULL;
"""

TABLES = """
CREATE TABLE name_tokens (
    token text COLLATE "C" PRIMARY KEY,
    people bigint NOT NULL
);
COMMENT ON TABLE name_tokens IS 'how many people bear a name; counted by the clock, so nobody waits for a row here';
-- One row: whose names have been counted, and when all were counted anew.
CREATE TABLE name_counts (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    people bigint NOT NULL DEFAULT 0,
    counted_to timestamptz NOT NULL DEFAULT '-infinity',
    recounted_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO name_counts DEFAULT VALUES;
CREATE INDEX profiles_by_creation ON profiles (created_at);

CREATE TABLE matching_rules (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL DEFAULT 1,
    certain double precision NOT NULL,
    review double precision NOT NULL,
    changed_by text,
    changed_at timestamptz
);
INSERT INTO matching_rules (certain, review) VALUES (0.85, 0.5);

CREATE TABLE match_candidates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    one_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    other_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    version integer NOT NULL DEFAULT 1,
    score double precision NOT NULL,
    evidence jsonb NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'same', 'different')),
    found_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    UNIQUE (one_id, other_id),
    CHECK (one_id < other_id)
);
CREATE INDEX match_candidates_to_decide ON match_candidates (score DESC, id) WHERE state = 'open';
CREATE INDEX match_candidates_of_other ON match_candidates (other_id);
COMMENT ON TABLE match_candidates IS 'pairs that may be one person; who is different is not suggested again';
COMMENT ON COLUMN match_candidates.evidence IS '[{"code": …, "weight": …}], what weighs most first';
"""


def upgrade() -> None:
    op.execute(WORDS)
    op.execute(TABLES)
