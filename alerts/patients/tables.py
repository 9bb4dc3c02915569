"""The rows of messages to patients and carers: one per reason and recipient, with its tries."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class PatientMessage(Base):
    """One message to one recipient; also the decision that there was none, with its reason.

    What leaves says only that there is a message; what it says stands here, as messages of a
    catalogue and their facts. Of the link's secret and of the page's only digests are kept.
    `key` names what it is about, so that the same is never told twice.
    """

    __tablename__ = "patient_message"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    recipient: Mapped[str]  # contact:<id>, or nobody
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient_number.id"), index=True)
    carer: Mapped[bool]
    channel: Mapped[str]
    kind: Mapped[str]
    key: Mapped[str]
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id"))
    asks: Mapped[list[Any]]  # ids of what is to be measured again
    says: Mapped[list[Any]]  # phrases
    language: Mapped[str]
    zone: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(instant())
    created_at: Mapped[datetime] = mapped_column(instant())
    sent_by: Mapped[UUID | None]  # who ticked "tell the patient"
    handed_over_at: Mapped[datetime | None] = mapped_column(instant())
    delivered_at: Mapped[datetime | None] = mapped_column(instant())
    opened_at: Mapped[datetime | None] = mapped_column(instant())
    answered_at: Mapped[datetime | None] = mapped_column(instant())
    alarming: Mapped[bool | None]  # whether the answer called for help at once
    until: Mapped[datetime] = mapped_column(instant())  # the link works no longer
    link_digest: Mapped[str | None] = mapped_column(unique=True)
    page_digest: Mapped[str | None] = mapped_column(unique=True)
    page_until: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (
        UniqueConstraint("patient_id", "key", "recipient"),
        Index(None, "patient_id", "created_at"),
        Index(None, "created_at", "id"),
        Index(None, "alert_id"),
        # Those that are no part of an alert's record, by when they can be forgotten.
        Index("ix_patient_message_passing", "until", postgresql_where=text("alert_id is null")),
    )


class PatientMessageAttempt(Base):
    """One try to hand one message over, and how it ended."""

    __tablename__ = "patient_message_attempt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("patient_message.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(instant())
    code: Mapped[str]  # empty: it was taken
    next_try_at: Mapped[datetime | None] = mapped_column(instant())
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient_number.id"), index=True)
    # The id that left: one for each number, because a gateway sends an id once (gateways.md).
    sent_as: Mapped[UUID | None] = mapped_column(index=True)

    __table_args__ = (UniqueConstraint("message_id", "number"),)


class DailyQuestion(Base):
    """Whether, and at which local hour, one patient is asked each day how they are."""

    __tablename__ = "daily_question"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    at: Mapped[str]  # HH:MM, empty: not asked whatever the programme says
    set_at: Mapped[datetime] = mapped_column(instant())
    set_by: Mapped[UUID | None]
