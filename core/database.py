"""One engine, one declarative base, and a transaction that commits once at the edge."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, MetaData, create_engine, make_url, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from core.sealing import Keyring, info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import MappedColumn

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table; other rooms' rows are referred to by table name."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict[str, Any]: JSONB, list[Any]: JSONB}  # noqa: RUF012 (SQLAlchemy reads it as a class attribute)


def id_column() -> MappedColumn[UUID]:
    """Return an opaque primary key."""
    return mapped_column(primary_key=True, default=uuid4)


def instant() -> DateTime:
    """Return the type of every stored instant: with time zone, always."""
    return DateTime(timezone=True)


# A host that is gone says nothing: without a limit a connection is waited for two minutes, and
# one that stood for a quarter of an hour. What the address itself says goes before these.
PATIENCE = {
    "connect_timeout": "10",  # seconds, for each host
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "20000",  # milliseconds until what was sent must have arrived
}


class Database:
    """An engine and its transactions.

    Parameters
    ----------
    url : str
        A PostgreSQL URL; `postgresql://` is understood as psycopg 3.
    field_keys : str
        The keys of the sealed fields, as `core.sealing.Keyring.read` reads them; without them
        nothing that identifies a person can be read or stored.
    pool_size : int
        Connections kept open by this process.
    """

    def __init__(self, url: str, *, field_keys: str = "", pool_size: int = 5) -> None:
        self.info: dict[str, Any] = {**info(Keyring.read(field_keys))} if field_keys else {}
        address = make_url(psycopg_url(url))
        self.engine: Engine = create_engine(
            address,
            pool_size=pool_size,
            max_overflow=5,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "options": "-c timezone=UTC -c lock_timeout=10s",
                **{name: most for name, most in PATIENCE.items() if name not in address.query},
            },
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session that commits when the block ends, and rolls back when it raises."""
        made = Session(self.engine, expire_on_commit=False, info=self.info)
        with made as session, session.begin():
            yield session

    def now(self) -> datetime:
        """Return the time by the server's clock, which all processes share (decision 17)."""
        with self.transaction() as session:
            return now_of(session)

    def ping(self) -> bool:
        """Return whether the server answers."""
        with self.engine.connect() as connection:
            return connection.execute(text("select 1")).scalar() == 1

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def now_of(session: Session) -> datetime:
    """Return the time by the clock of the server that a session speaks to."""
    found: datetime = session.execute(_NOW).scalar_one()
    return found


_NOW = text("select clock_timestamp()")


def psycopg_url(url: str) -> str:
    """Return the URL with the driver named, as SQLAlchemy wants it."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


_UNSAFE: dict[str, Callable[[str], bool]] = {
    "fsync": lambda value: value != "on",
    "synchronous_commit": lambda value: value == "off",
    "transaction_isolation": lambda value: value != "read committed",
}


def durability_faults(database: Database) -> list[str]:
    """Return the server settings that would make a promise of ours untrue (REL-04)."""
    with database.engine.connect() as connection:
        return [
            name
            for name, unsafe in _UNSAFE.items()
            if unsafe(str(connection.execute(text(f"show {name}")).scalar()))
        ]


def superuser(database: Database) -> bool:
    """Return whether the connecting role is a superuser, which no process of ours may be."""
    query = text("select rolsuper from pg_roles where rolname = current_user")
    with database.engine.connect() as connection:
        return bool(connection.execute(query).scalar())
