"""Numbers of patients and carers, what they are told and asked, and at which hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

TABLES = ("patient_number", "daily_question", "patient_message", "patient_message_attempt")


def instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def belongs(name: str, to: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{to}.id"), nullable=nullable)


def text(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "patient_number",
        sa.Column("id", sa.Uuid(), primary_key=True),
        belongs("patient_id", "patient"),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("carer", sa.Boolean(), nullable=False),
        *text("channel"),
        *(
            sa.Column(name, sa.LargeBinary(), nullable=False)
            for name in ("address", "name", "relationship")
        ),
        sa.Column("place", sa.Integer(), nullable=False),
        instant("heard_at", nullable=False),
        *(instant(name) for name in ("until", "gone_at", "refused_at")),
        sa.Column("agreed", sa.Boolean()),
        instant("agreed_at"),
        sa.Column("agreed_by", sa.Uuid()),
        sa.UniqueConstraint("patient_id", "key"),
    )
    op.create_table(
        "daily_question",
        sa.Column("patient_id", sa.Uuid(), sa.ForeignKey("patient.id"), primary_key=True),
        *text("at"),
        instant("set_at", nullable=False),
        sa.Column("set_by", sa.Uuid()),
    )
    messages()
    role = context.config.attributes["app_role"]
    for table in TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def messages() -> None:
    op.create_table(
        "patient_message",
        sa.Column("id", sa.Uuid(), primary_key=True),
        belongs("patient_id", "patient"),
        *text("recipient"),
        belongs("contact_id", "patient_number", nullable=True),
        sa.Column("carer", sa.Boolean(), nullable=False),
        *text("channel", "kind", "key"),
        belongs("alert_id", "alert", nullable=True),
        sa.Column("asks", postgresql.JSONB(), nullable=False),
        sa.Column("says", postgresql.JSONB(), nullable=False),
        *text("language", "zone", "state", "reason"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        instant("next_try_at"),
        instant("created_at", nullable=False),
        sa.Column("sent_by", sa.Uuid()),
        *(instant(f"{name}_at") for name in ("handed_over", "delivered", "opened", "answered")),
        sa.Column("alarming", sa.Boolean()),
        instant("until", nullable=False),
        sa.Column("link_digest", sa.String(), unique=True),
        sa.Column("page_digest", sa.String(), unique=True),
        instant("page_until"),
        sa.UniqueConstraint("patient_id", "key", "recipient"),
    )
    op.create_index(
        "ix_patient_message_patient_id_created_at", "patient_message", ["patient_id", "created_at"]
    )
    op.create_index("ix_patient_message_alert_id", "patient_message", ["alert_id"])
    op.create_table(
        "patient_message_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        belongs("message_id", "patient_message"),
        sa.Column("number", sa.Integer(), nullable=False),
        instant("at", nullable=False),
        *text("code"),
        instant("next_try_at"),
        sa.UniqueConstraint("message_id", "number"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
