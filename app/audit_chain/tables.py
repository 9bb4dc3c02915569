"""What is stored of the chain: its blocks, and the heads that were signed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class BlockRow(Base):
    """One block: where it ends in the order of turns, its rows' digests, and its hash."""

    __tablename__ = "audit_block"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    turn: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int]
    latest: Mapped[datetime] = mapped_column(instant())
    leaves: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    rows_hash: Mapped[bytes] = mapped_column(LargeBinary)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime] = mapped_column(instant())


class HeadRow(Base):
    """One signed head."""

    __tablename__ = "audit_head"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    block: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime] = mapped_column(instant())
    key: Mapped[str]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
