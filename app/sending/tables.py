"""What is stored of a form that was taken: enough to know it again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class SentForm(Base):
    """One form as it was taken; the digest covers its own id and all that it said."""

    __tablename__ = "sent_form"

    digest: Mapped[str] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID | None]
    subject_id: Mapped[UUID] = mapped_column(index=True)  # the alert, patient or entry
    at: Mapped[datetime] = mapped_column(instant(), index=True)
