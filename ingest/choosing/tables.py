"""What a person lets be done with their data: consents, objections, restrictions.

Kept because every use asks for it; each row as long as the person's record, since what was
permitted once must be shown for what was done then.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class PersonChoice(Base):
    """One word of a person on one purpose (`ingest.choices`).

    What a clinician wrote down has an id of its own and stays as it is. What came as a Consent
    has the resource's id, one part for each purpose, and says what its last version says.
    """

    __tablename__ = "person_choice"

    id: Mapped[UUID] = id_column()
    part: Mapped[int] = mapped_column(primary_key=True, default=0)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    purpose: Mapped[str]
    allowed: Mapped[bool]
    since: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime | None] = mapped_column(instant())
    comment: Mapped[bytes] = sealed_column("person_choice.comment/{id}/{part}")
    author_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(instant())

    __table_args__ = (
        Index(None, "patient_id"),
        Index(None, "purpose", "since"),
    )
