"""Whether a team's programme keeps clocks, and what it assumes of its alerts' worth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme_setting",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by_kind", sa.String(), nullable=False),
        sa.Column("set_by", sa.Uuid()),
        sa.Column("clocks", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Float(), nullable=False)
            for name in ("stay", "averts_low", "averts_high", "handling_low", "handling_high")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["care_team.id"], name=op.f("fk_programme_setting_team_id_care_team")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_setting")),
    )
    op.create_index(op.f("ix_programme_setting_team_id_id"), "programme_setting", ["team_id", "id"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert on programme_setting to {role}")


def downgrade() -> None:
    op.drop_table("programme_setting")
