"""At which domains anybody has a mailbox is a rule about identifiers, that a house edits.

Revision ID: 0010
"""

import json

import sqlalchemy as sa
from alembic import op

from services.profiles.domain.relays import public

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MEANS = """
ALTER TABLE identifier_rules DROP CONSTRAINT identifier_rules_means_check,
    ADD CONSTRAINT identifier_rules_means_check CHECK (means IN ('relay', 'agency', 'placeholder', 'public')),
    ADD CONSTRAINT only_domains_are_public CHECK (means <> 'public' OR kind = 'domain');
COMMENT ON TABLE identifier_rules IS
    'which e-mail addresses and numbers belong to a booking, an agency or nobody, and which mail is public';
"""

SEED = """
INSERT INTO identifier_rules (kind, pattern, means, site, confidence, source)
SELECT kind, pattern, means, site, confidence, 'foyer'
FROM json_to_recordset(CAST(:rules AS json)) AS r (kind text, pattern text, means text, site text, confidence text)
ON CONFLICT ON CONSTRAINT one_rule_per_pattern DO NOTHING
"""

# Whoever keeps the rules in memory sees that they are old; no contact point is another one by these.
EDITION = """
UPDATE identifier_edition SET edition = drawn,
    walked = CASE WHEN walked = edition THEN drawn ELSE walked END,
    settled = CASE WHEN settled = edition THEN drawn ELSE settled END
FROM (SELECT gen_random_uuid() AS drawn) AS new
"""


def upgrade() -> None:
    op.execute(MEANS)
    op.execute(sa.text(SEED).bindparams(rules=json.dumps(public())))
    op.execute(EDITION)
