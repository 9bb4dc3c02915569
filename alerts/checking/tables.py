"""What is stored of the checklist: every answer; the newest of an item stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class ChecklistAnswer(Base):
    """One answer to one item; nothing is overwritten, `number` tells which came last."""

    __tablename__ = "checklist_answer"

    id: Mapped[UUID] = id_column()
    number: Mapped[int] = mapped_column(BigInteger, Identity())
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    item: Mapped[str]
    answer: Mapped[str]
    about: Mapped[str] = mapped_column(default="")  # the alternative that was on the page
    words: Mapped[bytes] = sealed_column("checklist_answer.words/{id}")
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(instant())

    __table_args__ = (Index(None, "alert_id", "number"),)
