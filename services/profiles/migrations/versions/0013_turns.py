"""Batches of imports are numbered as they are written, and who is alike is found without reading the cards."""

from alembic import op

revision = "0013"
down_revision = "0012"

TURNS = """
ALTER TABLE import_batches ADD COLUMN turn bigint;
COMMENT ON COLUMN import_batches.turn IS 'the how manieth it was to be written, of all imports; none to try';
CREATE UNIQUE INDEX import_batches_by_turn ON import_batches (turn) WHERE turn IS NOT NULL;
CREATE SEQUENCE import_turns;
"""

# Dozens were born the same day or have the same name, and most of them turn out to be somebody else by what is here.
COVERING = """
DROP INDEX profiles_by_birth;
CREATE INDEX profiles_by_birth ON profiles (birth_date, match_name) INCLUDE (given_word, family_word, id)
    WHERE birth_date IS NOT NULL;
DROP INDEX persons_by_family;
CREATE INDEX persons_by_family ON profiles (family_word, given_word) INCLUDE (birth_date, id)
    WHERE merged_into IS NULL;
"""


def upgrade() -> None:
    op.execute(TURNS)
    op.execute(COVERING)
