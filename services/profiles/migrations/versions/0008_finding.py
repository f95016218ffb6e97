"""Finding as one types: every word of every name with the name itself, and the words that there are."""

from alembic import op

revision = "0008"
down_revision = "0007"

# The index is in the order in which a list is answered, and holds all that decides who is on it: a page is the
# beginning of a range of it. Of a name only the beginning is there, as an entry of an index is bounded; no word of it
# is missing.
TABLES = """
CREATE TABLE name_words (
    word text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    profile_id uuid NOT NULL,
    PRIMARY KEY (word, name, profile_id)
);
COMMENT ON TABLE name_words IS 'the folded words of all names; kept by triggers, whoever writes a card';

CREATE TABLE known_words (word text COLLATE "C" PRIMARY KEY);
COMMENT ON TABLE known_words IS 'each word once, so that parts and slips are looked for among words, not among people';

CREATE INDEX contact_points_by_end ON contact_points (reverse(key));

CREATE FUNCTION words_of(search_name text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT left(word, 100) FROM unnest(string_to_array(btrim(search_name), ' ')) AS word WHERE word <> ''
$$;

-- In the order of words, so that two who bring the same new words wait for each other and do not block one another.
CREATE FUNCTION keep_new_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO name_words
        SELECT word, left(p.search_name, 400), p.id FROM now_there p CROSS JOIN words_of(p.search_name) AS word
        WHERE p.merged_into IS NULL;
    INSERT INTO known_words
        SELECT said.word FROM now_there p CROSS JOIN words_of(p.search_name) AS said(word)
        WHERE NOT EXISTS (SELECT FROM known_words k WHERE k.word = said.word) GROUP BY said.word ORDER BY said.word
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE FUNCTION keep_changed_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM was_there o JOIN now_there n USING (id)
        WHERE (o.search_name, o.merged_into) IS DISTINCT FROM (n.search_name, n.merged_into)
    ) THEN
        RETURN NULL;
    END IF;
    DELETE FROM name_words w USING was_there o, now_there n, words_of(o.search_name) AS said(word)
        WHERE o.id = n.id AND (o.search_name, o.merged_into) IS DISTINCT FROM (n.search_name, n.merged_into)
            AND w.word = said.word AND w.name = left(o.search_name, 400) AND w.profile_id = o.id;
    INSERT INTO name_words
        SELECT word, left(n.search_name, 400), n.id
        FROM was_there o JOIN now_there n USING (id) CROSS JOIN words_of(n.search_name) AS word
        WHERE (o.search_name, o.merged_into) IS DISTINCT FROM (n.search_name, n.merged_into)
            AND n.merged_into IS NULL;
    INSERT INTO known_words
        SELECT said.word FROM now_there p CROSS JOIN words_of(p.search_name) AS said(word)
        WHERE NOT EXISTS (SELECT FROM known_words k WHERE k.word = said.word) GROUP BY said.word ORDER BY said.word
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE FUNCTION drop_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM name_words w USING was_there o, words_of(o.search_name) AS said(word)
        WHERE w.word = said.word AND w.name = left(o.search_name, 400) AND w.profile_id = o.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER words_of_new AFTER INSERT ON profiles
    REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION keep_new_words();
CREATE TRIGGER words_of_changed AFTER UPDATE ON profiles
    REFERENCING OLD TABLE AS was_there NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION keep_changed_words();
CREATE TRIGGER words_of_dropped AFTER DELETE ON profiles
    REFERENCING OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION drop_words();

INSERT INTO name_words
    SELECT word, left(p.search_name, 400), p.id FROM profiles p CROSS JOIN words_of(p.search_name) AS word
    WHERE p.merged_into IS NULL;
INSERT INTO known_words SELECT DISTINCT word FROM name_words;
"""

# Parts of words and slips of the finger are looked for among the words, not among the people. A trusted extension:
# whoever owns the database may create it.
PARTS = """
DROP INDEX IF EXISTS profiles_by_part_of_name;
CREATE FUNCTION similar_words(said text) RETURNS SETOF text LANGUAGE sql STABLE AS 'SELECT NULL WHERE false';
DO $$
BEGIN
    CREATE INDEX known_words_by_part ON known_words USING gin (word gin_trgm_ops);
    CREATE OR REPLACE FUNCTION similar_words(said text) RETURNS SETOF text LANGUAGE sql STABLE PARALLEL SAFE
    SET pg_trgm.similarity_threshold = 0.2 AS $f$
        SELECT word FROM known_words WHERE word % said AND length(said) > 3
        ORDER BY similarity(word, said) DESC LIMIT 500
    $f$;
EXCEPTION WHEN undefined_object THEN
    RAISE WARNING 'pg_trgm is not available here: parts of words are found by a scan of the words, slips are not';
END
$$
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(PARTS)
