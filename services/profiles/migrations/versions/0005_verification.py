"""Codes that verify addresses, who is verified since when, and who belongs to whom."""

from alembic import op

revision = "0005"
down_revision = "0004"

VERIFICATION = """
CREATE TABLE verifications (
    id uuid PRIMARY KEY,
    profile_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    "to" text NOT NULL,
    wanted_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    over boolean NOT NULL DEFAULT false,
    tries integer NOT NULL DEFAULT 0,
    stamp bytea,
    key_id text
);
CREATE INDEX verifications_of_address ON verifications (key, wanted_at);
CREATE INDEX verifications_of_profile ON verifications (profile_id, wanted_at);
COMMENT ON TABLE verifications IS 'codes on their way to e-mail addresses and telephone numbers; kept for a day';
COMMENT ON COLUMN verifications.stamp IS 'what the code is known again by (services.kit.sealing), under the key key_id';
COMMENT ON COLUMN verifications.over IS 'used, or a later one was sent in its place';
COMMENT ON COLUMN verifications.tries IS 'how often a wrong code was said';

CREATE TABLE guest_verifications (
    id uuid PRIMARY KEY,
    profile_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    by text NOT NULL,
    how text NOT NULL CHECK (how IN ('code', 'document', 'staff')),
    ended_at timestamptz,
    ended_by text,
    reason text
);
CREATE INDEX guest_verifications_of_profile ON guest_verifications (profile_id, at);
CREATE UNIQUE INDEX verified_once ON guest_verifications (profile_id) WHERE ended_at IS NULL;
COMMENT ON TABLE guest_verifications IS 'each time that a guest was verified, and why it was taken back if it was';
ALTER TABLE profiles
    ADD COLUMN verified_at timestamptz,
    ADD COLUMN verified_by text,
    ADD COLUMN verified_how text;
COMMENT ON COLUMN profiles.verified_at IS 'of the verification that has not ended, so that a profile is one row';
"""

RELATIONS = """
CREATE TABLE relations (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (
        kind IN ('parent', 'spouse', 'sibling', 'companion', 'assistant', 'employee', 'agency', 'other')
    ),
    first_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    second_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    first_label text,
    second_label text,
    function text,
    contact boolean NOT NULL DEFAULT false CHECK (kind = 'employee' OR NOT contact),
    since timestamptz NOT NULL,
    by text NOT NULL,
    CHECK (first_id <> second_id)
);
CREATE UNIQUE INDEX related_once ON relations (
    first_id, second_id, kind, coalesce(first_label, ''), coalesce(second_label, '')
);
CREATE INDEX relations_of_second ON relations (second_id);
CREATE UNIQUE INDEX one_contact ON relations (second_id) WHERE contact;
COMMENT ON TABLE relations IS 'the first is the kind of the second: its parent, its employee';
COMMENT ON COLUMN relations.contact IS 'automatic messages for the company go to this employee';
COMMENT ON COLUMN relations.first_label IS 'what the first one of an other relation is called from the second';
"""


def upgrade() -> None:
    op.execute(VERIFICATION)
    op.execute(RELATIONS)
