"""What staff decided about which payment covers what."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "allocation_rules",
        sa.Column("id", sa.Uuid, primary_key=True, comment="its reason stands under it among the remarks"),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False, comment="the last one of two holds"),
        sa.Column("payment_id", sa.Uuid, nullable=False),
        sa.Column("folio_id", sa.Uuid, nullable=False),
        sa.Column("profile_id", sa.Uuid, nullable=False, comment="whose credit it is"),
        sa.Column("kind", sa.Text, sa.CheckConstraint("kind IN ('pin', 'exclude', 'free')"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger),
        sa.Column("posted_by", sa.Text, nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'pin') = (amount_minor IS NOT NULL AND amount_minor > 0)", name="pins_have_amounts"
        ),
        sa.Index("allocation_rules_of_profile", "profile_id", "payment_id", "folio_id", "seq"),
        comment="append-only: a decision is followed by another one",
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON allocation_rules"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
    )
