"""No statement of a search runs for long: what would is ended, and refused in words (SEC-37)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.errors import QueryCanceled
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.fhir_api.scope import too_costly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

LONGEST = "10s"
TOO_LONG = (
    "this search would take too long:"
    " narrow it by patient, by a span of _lastUpdated, or by a smaller _count"
)


@contextmanager
def bounded(session: Session) -> Iterator[None]:
    """Let each statement inside run so long and no longer; what is around it goes on.

    Raises
    ------
    RefusedSearchError
        When a statement took longer.
    """
    try:
        with session.begin_nested():
            before = session.execute(_SET, {"longest": LONGEST}).one().before
            yield
            session.execute(_SET, {"longest": before})
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise too_costly(TOO_LONG) from None
        raise


_SET = text(
    "select current_setting('statement_timeout') as before,"
    " set_config('statement_timeout', :longest, true)"
)
