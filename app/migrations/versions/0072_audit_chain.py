"""The chain over the audit, its signed heads, and from where and with what was asked (SEC-18).

Each event gets the transaction that wrote it as its turn; what is here gets 0 and comes first.
All columns are added without a rewrite: a moment, however many events there are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0072"
down_revision = "0080"
branch_labels = None
depends_on = None

TURN = """
    create function audit_turn(xid8) returns bigint
    language sql immutable parallel safe return ($1::text)::bigint + 0
"""
FORGET = """
    create function audit_forget_queries(patient uuid) returns void
    language sql security definer set search_path = pg_catalog, public, pg_temp
    as $$
        delete from audit_query where id in (
            select query_id from audit_event where patient_id = patient and query_id is not null
        )
    $$
"""


def upgrade() -> None:
    op.execute(TURN)
    op.add_column("audit_event", sa.Column("address", sa.String()))
    op.add_column("audit_event", sa.Column("query_id", sa.Uuid()))
    op.add_column(
        "audit_event", sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.alter_column(
        "audit_event", "turn", server_default=sa.text("audit_turn(pg_current_xact_id())")
    )
    op.create_table(
        "audit_query",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_query")),
    )
    create_blocks()
    create_heads()
    op.execute(FORGET)
    grant_rows()


def create_blocks() -> None:
    """Create the table `audit_block`."""
    op.create_table(
        "audit_block",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("latest", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.Column("rows_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_block")),
    )


def create_heads() -> None:
    """Create the table `audit_head`."""
    op.create_table(
        "audit_head",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_head")),
    )


def grant_rows() -> None:
    """Let the application add to the chain and read it, and change nothing of it.

    Parameters are sealed again when keys are renewed; they are taken away by the function only.
    """
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert on audit_block, audit_head, audit_query to {role}")
    op.execute(f"grant update (text) on audit_query to {role}")
    op.execute("revoke execute on function audit_forget_queries(uuid) from public")
    op.execute(f"grant execute on function audit_forget_queries(uuid) to {role}")


def downgrade() -> None:
    op.execute("drop function audit_forget_queries(uuid)")
    op.drop_table("audit_head")
    op.drop_table("audit_block")
    op.drop_table("audit_query")
    op.drop_column("audit_event", "turn")
    op.drop_column("audit_event", "query_id")
    op.drop_column("audit_event", "address")
    op.execute("drop function audit_turn(xid8)")
