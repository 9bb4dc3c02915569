"""Two empty databases on the cluster of the tests: one that is lost, and one to restore into."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg

from core.database import Database

if TYPE_CHECKING:
    from core.embedded import Servers


@dataclass(frozen=True, slots=True)
class Place:
    """A database, as the application and as its owner see it."""

    servers: Servers
    database: Database
    owner: Database

    def close(self) -> None:
        self.database.close()
        self.owner.close()


def empty(embedded: Servers) -> Place:
    """Return a database in which there is nothing at all."""
    name = f"drill_{uuid4().hex[:12]}"
    superuser = embedded.database_url.replace("wardlight_app@/wardlight", "postgres@/postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"create database {name} owner wardlight_owner".encode())
    servers = replace(
        embedded,
        database_url=embedded.database_url.replace("/wardlight?", f"/{name}?"),
        migration_database_url=embedded.migration_database_url.replace("/wardlight?", f"/{name}?"),
    )
    keys = embedded.field_keys
    return Place(
        servers,
        Database(servers.database_url, field_keys=keys),
        Database(servers.migration_database_url, field_keys=keys),
    )
