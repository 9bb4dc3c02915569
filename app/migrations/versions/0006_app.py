"""Local accounts and the timetable; then the rights of the application."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_scheduled_run()
    create_sign_in_failure()
    create_app_user()
    create_login_session()
    grant_rows()


def downgrade() -> None:
    op.drop_table("login_session")
    op.drop_table("app_user")
    op.drop_table("sign_in_failure")
    op.drop_table("scheduled_run")


def create_scheduled_run() -> None:
    """Create the table `scheduled_run`."""
    op.create_table(
        "scheduled_run",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_scheduled_run")),
    )


def create_sign_in_failure() -> None:
    """Create the table `sign_in_failure`."""
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_digest", sa.String(), nullable=False),
        sa.Column("source_digest", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(
        op.f("ix_sign_in_failure_account_digest_at"),
        "sign_in_failure",
        ["account_digest", "at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sign_in_failure_source_digest_at"),
        "sign_in_failure",
        ["source_digest", "at"],
        unique=False,
    )


def create_app_user() -> None:
    """Create the table `app_user`."""
    op.create_table(
        "app_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["practitioner_id"], ["practitioner.id"], name=op.f("fk_app_user_practitioner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("username", name=op.f("uq_app_user_username")),
    )


def create_login_session() -> None:
    """Create the table `login_session`."""
    op.create_table(
        "login_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret_digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_login_session_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_login_session_secret_digest")),
    )
    op.create_index(op.f("ix_login_session_user_id"), "login_session", ["user_id"], unique=False)


def grant_rows() -> None:
    """Let the application work with rows, and only insert and read the audit (SEC-18)."""
    role = context.config.attributes["app_role"]
    op.execute(f"grant usage on schema public to {role}")
    op.execute(f"grant select, insert, update, delete on all tables in schema public to {role}")
    op.execute(f"grant usage on all sequences in schema public to {role}")
    op.execute(f"revoke update, delete on audit_event from {role}")
    op.execute(f"revoke insert, update, delete on alembic_version from {role}")
