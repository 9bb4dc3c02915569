"""The use cases of the response: raise, acknowledge, resolve, and what a clinician reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.inbox import EpisodeView, InboxRow
    from alerts.outcomes import Resolution
    from alerts.policy import Policy
    from core.security import Caller


def load_policy(scale: float = 1.0) -> Policy:
    """Read and check the shipped policy; `scale` shortens every wait, for demo and tests."""
    raise NotImplementedError


def raise_from(
    session: Session, assessment_id: UUID, *, now: datetime, policy: Policy
) -> list[UUID]:
    """Open or update the episodes of an assessment; return the alerts that changed."""
    raise NotImplementedError


def acknowledge(
    session: Session,
    caller: Caller,
    alert_id: UUID,
    *,
    now: datetime,
    version: int | None = None,
) -> None:
    """Take an open alert.

    Raises
    ------
    NotFoundError
        Where the caller may not see the patient (SEC-12).
    ConflictError
        Where somebody was first, saying who (UX-05), or `version` is not the current one.
    """
    raise NotImplementedError


def resolve(
    session: Session, caller: Caller, alert_id: UUID, resolution: Resolution, *, now: datetime
) -> None:
    """End an alert with its outcome; an alert nobody owns is acknowledged first."""
    raise NotImplementedError


def inbox(session: Session, caller: Caller, *, now: datetime) -> list[InboxRow]:
    """Return one row per patient the caller may see, gravest first; the page audits the read."""
    raise NotImplementedError


def episodes(session: Session, caller: Caller, patient_id: UUID) -> Sequence[EpisodeView]:
    """Return a patient's episodes, live ones first, with timeline; the page audits the read.

    Raises `NotFoundError` where the caller may not see the patient.
    """
    raise NotImplementedError
