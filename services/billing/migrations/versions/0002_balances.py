"""Running balances beside the entries, and seals that show where somebody changed the ledger from outside."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ACCOUNTS = "^(guests|deferred-revenue|rounding|bad-debt|(revenue|tax|clearing):[a-z0-9]+(-[a-z0-9]+)*)$"

# An array as text quotes what needs it and tells NULL from nothing, so no two different rows have the same text.
_SEALS = """
CREATE FUNCTION entry_seal(
    journal_id uuid, account text, profile_id uuid, property_id uuid, amount_minor bigint, currency text
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to(CAST(ARRAY[
        CAST(journal_id AS text), account, CAST(profile_id AS text), CAST(property_id AS text),
        CAST(amount_minor AS text), currency
    ] AS text), 'UTF8'))
$$;
-- `before` is the digest of the chain's journal before it, empty for the first; `entries` their seals, sorted.
CREATE FUNCTION journal_digest(
    before bytea, id uuid, kind text, folio_id uuid, booking_id uuid, property_id uuid, payment_id uuid,
    reverses uuid, reason text, posted_by text, posted_at timestamptz, business_date date, entry_count bigint,
    entries bytea
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(before || convert_to(CAST(ARRAY[
        CAST(id AS text), kind, CAST(folio_id AS text), CAST(booking_id AS text), CAST(property_id AS text),
        CAST(payment_id AS text), CAST(reverses AS text), reason, posted_by,
        CAST(CAST(extract(epoch FROM posted_at) * 1000000 AS bigint) AS text),
        CAST(business_date - DATE '2000-01-01' AS text), CAST(entry_count AS text)
    ] AS text), 'UTF8') || entries)
$$;
"""
_SEAL_WHAT_IS_THERE = """
ALTER TABLE journals DISABLE TRIGGER append_only;
ALTER TABLE entries DISABLE TRIGGER append_only;
UPDATE entries e SET property_id = j.property_id,
    seal = entry_seal(e.journal_id, e.account, e.profile_id, j.property_id, e.amount_minor, e.currency)
    FROM journals j WHERE j.id = e.journal_id;
DO $$
DECLARE
    j record;
    last bytea := '';
    count bigint := 0;
BEGIN
    FOR j IN
        SELECT o.*, e.entry_count, e.seals FROM journals o, LATERAL (
            SELECT count(*) AS entry_count, coalesce(string_agg(seal, '' ORDER BY seal), '') AS seals
            FROM entries WHERE journal_id = o.id
        ) e ORDER BY o.posted_at, o.id
    LOOP
        count := count + 1;
        last := journal_digest(
            last, j.id, j.kind, j.folio_id, j.booking_id, j.property_id, j.payment_id, j.reverses, NULL, j.posted_by,
            j.posted_at, CAST(j.posted_at AT TIME ZONE 'UTC' AS date), j.entry_count, j.seals
        );
        UPDATE journals SET business_date = CAST(posted_at AT TIME ZONE 'UTC' AS date), chain = 1, number = count,
            entry_count = j.entry_count, digest = last WHERE id = j.id;
    END LOOP;
    UPDATE chains SET number = count, digest = last WHERE chain = 1;
END $$;
ALTER TABLE journals ENABLE TRIGGER append_only;
ALTER TABLE entries ENABLE TRIGGER append_only;
"""
_FOLD_WHAT_IS_THERE = """
INSERT INTO balances (profile_id, account, property_id, currency, shard, minor, entry_count)
SELECT coalesce(profile_id, '00000000-0000-0000-0000-000000000000'), account,
       coalesce(property_id, '00000000-0000-0000-0000-000000000000'), currency,
       CASE WHEN profile_id IS NULL THEN 1 ELSE 0 END, sum(amount_minor), count(*)
FROM entries GROUP BY 1, 2, 3, 4, 5
"""


def upgrade() -> None:
    op.create_table(
        "chains",
        sa.Column("chain", sa.SmallInteger, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, comment="of its last journal, without gaps from 1"),
        sa.Column("digest", sa.LargeBinary, nullable=False, comment="of its last journal"),
        postgresql_with={"fillfactor": "20"},
    )
    op.create_table(
        "balances",
        sa.Column("profile_id", sa.Uuid, primary_key=True, comment="all zeros where the account is the house's"),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("property_id", sa.Uuid, primary_key=True, comment="all zeros where the entries name none"),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("shard", sa.SmallInteger, primary_key=True, comment="0 for guests, else the chain; sum over all"),
        sa.Column("minor", sa.BigInteger, nullable=False),
        sa.Column("entry_count", sa.BigInteger, nullable=False),
        postgresql_with={"fillfactor": "60"},
    )
    op.create_table(
        "verified",
        sa.Column("chain", sa.SmallInteger, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, comment="of the last journal looked at by the clock"),
    )
    op.add_column("journals", sa.Column("business_date", sa.Date))
    op.add_column("journals", sa.Column("reason", sa.Text, comment="a code: why, of a correction"))
    op.add_column("journals", sa.Column("chain", sa.SmallInteger))
    op.add_column("journals", sa.Column("number", sa.BigInteger))
    op.add_column("journals", sa.Column("entry_count", sa.SmallInteger))
    op.add_column("journals", sa.Column("digest", sa.LargeBinary))
    op.add_column("entries", sa.Column("property_id", sa.Uuid))
    op.add_column("entries", sa.Column("seal", sa.LargeBinary))
    op.drop_constraint("account_in_chart", "entries")
    op.create_check_constraint("account_in_chart", "entries", f"account ~ '{_ACCOUNTS}'")
    op.create_index("entries_of_journal", "entries", ["journal_id"])
    op.execute(_SEALS)
    op.execute("INSERT INTO chains SELECT n, 0, '' FROM generate_series(1, 64) n")
    op.execute(_SEAL_WHAT_IS_THERE)
    # What has no place in a chain and no seal came in beside the posting: it is not refused here, but found.
    op.alter_column("journals", "business_date", nullable=False, server_default=sa.text("current_date"))
    op.create_index("journals_in_chains", "journals", ["chain", "number"], unique=True)
    op.create_index(
        "reversed_once", "journals", ["reverses"], unique=True, postgresql_where=sa.text("kind = 'reversal'")
    )
    op.execute(_FOLD_WHAT_IS_THERE)
