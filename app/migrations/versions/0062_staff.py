"""Changes of rights, links of a first start, sites, and who was of a team from when to when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0062"
down_revision = "0075"
branch_labels = None
depends_on = None

# Whoever writes the members of a team, this keeps the past of it: a resource of the record system
# takes all out and puts them in again, and a stay goes on through that.
NOTE = """
create function note_team_stay() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    update team_stay set until = now()
     where care_team_id = old.care_team_id and practitioner_id = old.practitioner_id
       and until is null;
    return null;
  end if;
  update team_stay set until = null, role = new.role
   where care_team_id = new.care_team_id and practitioner_id = new.practitioner_id
     and (until is null or until = now());
  if not found then
    insert into team_stay (id, care_team_id, practitioner_id, role, since)
    values (gen_random_uuid(), new.care_team_id, new.practitioner_id, new.role, now());
  end if;
  return null;
end $$
"""
TRIGGER = """
create trigger note_team_stay after insert or update or delete on care_team_participant
for each row execute function note_team_stay()
"""
# Who is of a team already was so as long as it is known.
KNOWN = """
insert into team_stay (id, care_team_id, practitioner_id, role)
select gen_random_uuid(), care_team_id, practitioner_id, role from care_team_participant
"""


def at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    # With a constant default PostgreSQL writes no row anew.
    op.add_column(
        "practitioner",
        sa.Column("barred", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "right_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        at("at"),
        *words("by_kind"),
        sa.Column("by", sa.Uuid()),
        *words("what", "before", "after"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_right_change_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_right_change")),
    )
    op.create_index(op.f("ix_right_change_user_id_id"), "right_change", ["user_id", "id"])
    op.create_table(
        "set_up_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        *words("digest"),
        at("made_at"),
        at("until"),
        at("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_up_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_set_up_link_digest")),
    )
    _sites()
    _stays()
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert on right_change to {role}")
    op.execute(f"grant select, insert, update on set_up_link, team_stay, site to {role}")


def _sites() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), nullable=False),
        *words("name"),
        at("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.add_column("care_team", sa.Column("site_id", sa.Uuid()))


def _stays() -> None:
    op.create_table(
        "team_stay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("care_team_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        *words("role"),
        at("since", nullable=True),
        at("until", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_stay")),
    )
    op.create_index(
        op.f("ix_team_stay_care_team_id_practitioner_id"),
        "team_stay",
        ["care_team_id", "practitioner_id"],
    )
    op.execute(KNOWN)
    op.execute(NOTE)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("drop trigger note_team_stay on care_team_participant")
    op.execute("drop function note_team_stay()")
    for table in ("team_stay", "set_up_link", "right_change"):
        op.drop_table(table)
    op.drop_column("care_team", "site_id")
    op.drop_table("site")
    op.drop_column("practitioner", "barred")
