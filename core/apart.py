"""Does something for one of many, so that what is wrong with one keeps no other from it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from core.logging import logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

log = logger(__name__)


@contextmanager
def kept_apart(session: Session, what: str, subject: UUID) -> Iterator[None]:
    """Take back what the block did where it fails, and say so: `what` of which subject (REL-27).

    A connection that is gone is nobody's fault, and ends the whole transaction.
    """
    try:
        with session.begin_nested():
            yield
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.exception(what, subject=str(subject))
