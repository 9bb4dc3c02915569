"""Asks a database what it is, and who we are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.audit_chain import turns
from app.doctor.findings import Finding, Profile, Standing, Verdict
from app.doctor.findings import database as judged
from app.erasure import again, outside
from app.erasure.outside import Ledger
from app.migrate import at_head
from core.clock import utc_now
from core.database import Database, durability_faults
from core.errors import WardlightError
from core.production import nearby
from core.settings import Environment
from ingest.leaving.repository import silenced

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from core.settings import Settings

_ROLE = text(
    "select rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication,"
    " coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as ssl"
    " from pg_roles where rolname = current_user"
)
_POWERS = {
    "rolcreaterole": "createrole",
    "rolcreatedb": "createdb",
    "rolbypassrls": "bypassrls",
    "rolreplication": "replication",
}
_AUDIT = text(
    "select coalesce(bool_or(has_table_privilege(to_regclass('audit_event'), kind)), false)"
    " from unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as kind"
)
_THERE = text("select to_regclass('app_user') is not null")
_ERASURES = text("select to_regclass('erasure') is not null")
_ACCOUNTS = text(
    "select count(*) filter (where demo), count(*) filter (where not demo) from app_user"
)
_SEALED = text(
    "select coalesce((select max(recorded) from audit_event where entity = 'field_keys'),"
    " (select min(recorded) from audit_event))"
)
_PATIENCE = text("set local statement_timeout = '5s'")  # a long audit may take longer to look at


class UnsafeDatabaseError(WardlightError):
    """The database would make a promise of ours untrue (REL-04)."""


def standing(database: Database, ledger: Ledger) -> Standing:
    """Return what a database says of itself and of our role: what every process asks.

    `ledger` are the erasures that stand outside it.
    """
    demo, others, behind, back, changes = 0, 0, 0, 0, False
    lost: Sequence[int] = ()
    with database.engine.connect() as connection:
        role = connection.execute(_ROLE).mappings().one()
        if connection.execute(_THERE).scalar_one():
            demo, others = connection.execute(_ACCOUNTS).one()
            changes = connection.execute(_AUDIT).scalar_one()
            behind = turns.behind(connection)
            back, lost = _outside(database, connection, ledger)
    return Standing(
        role=role["rolname"],
        superuser=role["rolsuper"],
        powers=tuple(said for name, said in _POWERS.items() if role[name]),
        changes_audit=changes,
        encrypted=role["ssl"],
        unsafe=tuple(durability_faults(database)),
        demo_accounts=demo,
        other_accounts=others,
        behind=behind,
        back=back,
        lost=tuple(lost),
    )


def _outside(
    database: Database, connection: Connection, ledger: Ledger
) -> tuple[int, Sequence[int]]:
    """Return how many people are here who were erased, and which lines nobody can read any more.

    People are looked for in an older copy alone.
    """
    erased, lost = ledger.read(), ledger.lost(())
    if not (erased or lost) or not connection.execute(_ERASURES).scalar_one():
        return 0, lost
    with database.transaction() as session:
        known = outside.known(session) if lost else ()
        return len(again.come_back(session, erased)), ledger.lost(known)


def looked_into(database: Database, ledger: Ledger) -> Standing:
    """Return the same with what takes longer to find out."""
    found = replace(standing(database, ledger), migrated=at_head(database), skew=_skew(database))
    if not found.migrated:
        return found
    with database.transaction() as session:
        silent = len(silenced(session))
    return replace(found, oldest_seal=_sealed_since(database), silenced=silent)


def _skew(database: Database) -> float:
    database.ping()  # it is connected by now: a connection takes longer than an answer
    before = utc_now()
    there = database.now()
    return (there - before - (utc_now() - before) / 2).total_seconds()


def _sealed_since(database: Database) -> datetime | None:
    """Return since when the present key seals, or None where that takes too long to find out."""
    try:
        with database.engine.begin() as connection:
            connection.execute(_PATIENCE)
            found: datetime | None = connection.execute(_SEALED).scalar_one()
    except DBAPIError:
        return None
    return found


def profile(settings: Settings) -> Profile:
    """Return what is asked of an installation."""
    return Profile(
        production=settings.environment is Environment.PRODUCTION,
        demo=settings.environment is Environment.DEMO,
        test=settings.environment is Environment.TEST,
        nearby=settings.database_url is None or nearby(settings, "database_url"),
    )


def check(database: Database, settings: Settings) -> list[Finding]:
    """Return what is found; raise `UnsafeDatabaseError` for the first thing that is refused."""
    found = list(judged(standing(database, Ledger.of(settings.data)), profile(settings)))
    for each in found:
        if each.verdict is Verdict.REFUSED:
            raise UnsafeDatabaseError(f"{each.said}: {each.mend}")
    return found
