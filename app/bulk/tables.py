"""The rows of bulk loads and exports; what they hold is forgotten when it expires."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant


class LoadState(StrEnum):
    """How far a bulk load is."""

    LOADING = "loading"
    DONE = "done"
    BROKEN = "broken"  # what was taken before stays


class BulkLoad(Base):
    """One upload, and how many of its lines became what."""

    __tablename__ = "bulk_load"

    id: Mapped[UUID] = id_column()
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), index=True)
    state: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(instant())
    expires_at: Mapped[datetime] = mapped_column(instant(), index=True)
    lines: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[int] = mapped_column(default=0)
    unused: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)


class BulkOutcome(Base):
    """What became of some lines of an upload, as compressed NDJSON; no patient data."""

    __tablename__ = "bulk_outcome"

    load_id: Mapped[UUID] = mapped_column(
        ForeignKey("bulk_load.id", ondelete="CASCADE"), primary_key=True
    )
    first_line: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)  # zstd


class ExportState(StrEnum):
    """How far an export is."""

    RUNNING = "running"
    DONE = "done"


class BulkExport(Base):
    """One export: what was asked for, as of when, and where the work on it goes on."""

    __tablename__ = "bulk_export"

    id: Mapped[UUID] = id_column()
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), index=True)
    scopes: Mapped[list[Any]]  # as granted to who asked
    request: Mapped[str]
    group_id: Mapped[UUID | None]
    kinds: Mapped[list[Any]]
    filters: Mapped[list[Any]]  # each as Type?parameters; any of a type's own will do
    since: Mapped[datetime | None] = mapped_column(instant())
    state: Mapped[str]
    transaction_time: Mapped[datetime] = mapped_column(instant())
    started_at: Mapped[datetime] = mapped_column(instant())
    expires_at: Mapped[datetime] = mapped_column(instant(), index=True)
    polled_at: Mapped[datetime | None] = mapped_column(instant())
    kind_number: Mapped[int] = mapped_column(default=0)
    part_number: Mapped[int] = mapped_column(default=0)
    after: Mapped[list[Any]] = mapped_column(default=list)  # empty: from the beginning
    exported: Mapped[int] = mapped_column(default=0)


class BulkPart(Base):
    """Some lines of a file of an export: compressed, then sealed (SEC-27)."""

    __tablename__ = "bulk_part"

    export_id: Mapped[UUID] = mapped_column(
        ForeignKey("bulk_export.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)  # sealed zstd
