"""Where every visit stands: behind the second wall of PostgreSQL, but for the privacy officer's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.security import Role
from ingest import repository as people
from ingest.access.beyond import Beyond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from core.security import Caller


@contextmanager
def behind_wall(session: Session, caller: Caller) -> Iterator[None]:
    """Have PostgreSQL itself show a visitor nobody but whom they may see (SEC-11)."""
    people.raise_wall(session, caller)
    if caller.role is not Role.PRIVACY_OFFICER:
        yield
        return
    with people.beyond_wall(session, Beyond.PRIVACY):  # whose pages are few: see `areas`
        yield
