"""Weekly reports as rows: when each is due, how far it is, what it said, who was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    report()
    letters()
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update on weekly_report, weekly_letter to {role}")
    op.execute(f"grant select, insert, update, delete on weekly_mail_off to {role}")


def report() -> None:
    op.create_table(
        "weekly_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        *numbers("version"),
        *words("zone", "state"),
        instant("begin_at"),
        instant("due_at"),
        instant("started_at", nullable=True),
        instant("made_at", nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        *numbers("people", "done", "attempts"),
        *words("why", "detail", "asked_by_kind"),
        sa.Column("asked_by", sa.Uuid()),
        *words("reason"),
        *numbers("format"),
        *words("digest"),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("patients", sa.ARRAY(sa.Uuid()), nullable=False),
        *numbers("forgotten"),
        sa.ForeignKeyConstraint(
            ["team_id"], ["care_team.id"], name=op.f("fk_weekly_report_team_id_care_team")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_report")),
        sa.UniqueConstraint(
            "team_id", "monday", "version", name=op.f("uq_weekly_report_team_id_monday_version")
        ),
    )
    op.create_index(op.f("ix_weekly_report_monday"), "weekly_report", ["monday"])
    op.create_index(
        "ix_weekly_report_pending",
        "weekly_report",
        ["begin_at"],
        postgresql_where=sa.text("state in ('due', 'running')"),
    )
    op.create_index(
        "ix_weekly_report_patients", "weekly_report", ["patients"], postgresql_using="gin"
    )


def letters() -> None:
    op.create_table(
        "weekly_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        *words("state"),
        instant("created_at"),
        instant("sent_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["weekly_report.id"],
            name=op.f("fk_weekly_letter_report_id_weekly_report"),
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("fk_weekly_letter_practitioner_id_practitioner"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_letter")),
        sa.UniqueConstraint(
            "report_id",
            "practitioner_id",
            name=op.f("uq_weekly_letter_report_id_practitioner_id"),
        ),
    )
    op.create_table(
        "weekly_mail_off",
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        instant("since"),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("fk_weekly_mail_off_practitioner_id_practitioner"),
        ),
        sa.PrimaryKeyConstraint("practitioner_id", name=op.f("pk_weekly_mail_off")),
    )


def downgrade() -> None:
    for table in ("weekly_mail_off", "weekly_letter", "weekly_report"):
        op.drop_table(table)
