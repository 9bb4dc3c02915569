"""The second factor of local accounts: a sealed secret and the step of the last code.

Two columns with constant defaults: the table is locked for a moment and not rewritten.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "app_user",
        sa.Column("second_factor", sa.LargeBinary(), nullable=False, server_default=sa.text("''")),
    )
    op.add_column(
        "app_user",
        sa.Column("second_factor_step", sa.BigInteger(), nullable=False, server_default="0"),
    )


def downgrade() -> None:
    op.drop_column("app_user", "second_factor_step")
    op.drop_column("app_user", "second_factor")
