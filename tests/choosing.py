"""What invented people say of their data, as it would be written down."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from ingest.choices import Choice, Purpose
from ingest.choosing.repository import add

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def say(session: Session, patient: UUID, purpose: Purpose, *, allowed: bool, at: datetime) -> UUID:
    id_ = uuid4()
    add(session, Choice(id_, patient, purpose, allowed, at, at, comment="By letter."))
    return id_
