"""Rotas, leave, the working hours of posts, and the route that an alert took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

TABLES = ("on_call_shift", "practitioner_leave", "post_times")


def upgrade() -> None:
    op.add_column("alert", sa.Column("route", sa.String(), server_default="", nullable=False))
    _shifts()
    _leave()
    op.create_table(
        "post_times",
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.Column("hours", postgresql.JSONB(), nullable=False),
        sa.Column("away", postgresql.JSONB(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"],
            ["practitioner_role.id"],
            name=op.f("fk_post_times_role_id_practitioner_role"),
        ),
        sa.PrimaryKeyConstraint("role_id", name=op.f("pk_post_times")),
    )
    role = context.config.attributes["app_role"]
    for table in TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def _shifts() -> None:
    op.create_table(
        "on_call_shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("days", postgresql.JSONB()),
        sa.Column("start", sa.Integer()),
        sa.Column("end", sa.Integer()),
        sa.Column("overrides", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["team_id"], ["care_team.id"], name=op.f("fk_on_call_shift_team_id_care_team")
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("fk_on_call_shift_practitioner_id_practitioner"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_shift")),
    )
    op.create_index(op.f("ix_on_call_shift_team_id"), "on_call_shift", ["team_id"])


def _leave() -> None:
    op.create_table(
        "practitioner_leave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("substitute_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("fk_practitioner_leave_practitioner_id_practitioner"),
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"],
            ["practitioner.id"],
            name=op.f("fk_practitioner_leave_substitute_id_practitioner"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practitioner_leave")),
    )
    op.create_index(
        op.f("ix_practitioner_leave_practitioner_id"), "practitioner_leave", ["practitioner_id"]
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("alert", "route")
