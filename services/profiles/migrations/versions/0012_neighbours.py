"""Who sounds alike and lives under the same postcode is found without looking at all who sound alike."""

from alembic import op

revision = "0012"
down_revision = "0011"

SOUND = """
DROP INDEX persons_by_sound;
CREATE INDEX persons_by_sound ON profiles
    (match_sound(given_word, family_word), (addresses #>> '{0,postcode}')) WHERE merged_into IS NULL;
"""


def upgrade() -> None:
    op.execute(SOUND)
