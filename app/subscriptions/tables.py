"""What is stored of a subscription: what it asks for, what is due to it, and each attempt."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class Subscription(Base):
    """One client's wish to be told; address, headers and secrets of the receiver are sealed.

    `events` is the number of the last event; `last_try_at` is when something was last sent.
    """

    __tablename__ = "subscription"

    id: Mapped[UUID] = id_column()
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), index=True)
    status: Mapped[str]
    topic: Mapped[str]
    patient_id: Mapped[UUID | None]
    content: Mapped[str]
    payload: Mapped[str]
    heartbeat_seconds: Mapped[int | None]
    timeout_seconds: Mapped[int | None]
    sealed: Mapped[bytes] = sealed_column("subscription.sealed/{id}")
    version: Mapped[int] = mapped_column(default=1)
    events: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    next_try_at: Mapped[datetime | None] = mapped_column(instant())
    last_try_at: Mapped[datetime | None] = mapped_column(instant())
    ends_at: Mapped[datetime | None] = mapped_column(instant())
    created_at: Mapped[datetime] = mapped_column(instant())
    updated_at: Mapped[datetime] = mapped_column(instant())
    deleted_at: Mapped[datetime | None] = mapped_column(instant())


class SubscriptionNotice(Base):
    """One message that is due; its id is the same on every attempt, and the receiver's key."""

    __tablename__ = "subscription_notice"

    id: Mapped[UUID] = id_column()
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscription.id"))
    kind: Mapped[str]  # handshake | heartbeat | event-notification
    number: Mapped[int | None]
    alert_id: Mapped[UUID | None]
    alert_event_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(instant())
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (
        UniqueConstraint("subscription_id", "number"),
        UniqueConstraint("subscription_id", "alert_event_id"),
        Index(
            "ix_subscription_notice_due",
            "subscription_id",
            "number",
            postgresql_where=text("sent_at is null"),
        ),
    )


class SubscriptionAttempt(Base):
    """One try of one message, and how it ended; an empty code is a success (REL-12)."""

    __tablename__ = "subscription_attempt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("subscription_notice.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(instant())
    code: Mapped[str]
    next_try_at: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (UniqueConstraint("notice_id", "number"),)
