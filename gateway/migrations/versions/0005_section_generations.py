"""From which generation on a section of everybody's view is good.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "section_generations",
        sa.Column("section", sa.Text, primary_key=True),
        sa.Column(
            "least_good", sa.BigInteger, nullable=False, comment="what was asked at an earlier generation is old"
        ),
        sa.Column("swept", sa.Boolean, nullable=False, comment="what was asked before is not kept any more"),
        comment="sections that were marked old for everybody at once",
    )
