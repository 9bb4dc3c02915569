"""Keeps who stores what they read of people apart from erasures (SEC-44).

What only refers to a person waits for the locks on their rows. A part of an export and a report
refer to nobody: read before an erasure and stored behind it, they would bring the person back. A
copy of a person that was half read would be handed out as all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_KEY = 4_418_005_017  # of no other lock


def nobody_erased(session: Session) -> None:
    """Let nobody be erased until this transaction has stored what it reads; call it first."""
    session.execute(select(func.pg_advisory_xact_lock_shared(_KEY)))


def nothing_stored(session: Session) -> None:
    """Wait for those who store what they read, and keep others from beginning."""
    session.execute(select(func.pg_advisory_xact_lock(_KEY)))
