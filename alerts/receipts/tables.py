"""What is stored of providers: how each did lately, and which receipts came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class ProviderRecord(Base):
    """How one provider did: failures since its last success (FT-24). All processes see it."""

    __tablename__ = "provider_record"

    provider: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime | None] = mapped_column(instant())


class ReceiptSeen(Base):
    """The id of a receipt that came, kept as long as it could be replayed (SEC-35)."""

    __tablename__ = "receipt_seen"

    id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(instant(), index=True)
