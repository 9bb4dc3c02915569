"""The rows behind identity: merges, for whom a client and a device speak, and what waits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column


class PatientMerge(Base):
    """Two records that somebody said are one person; undone, it stays as what was once said."""

    __tablename__ = "patient_merge"

    id: Mapped[UUID] = id_column()
    survivor_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    merged_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    at: Mapped[datetime] = mapped_column(instant())
    by: Mapped[UUID | None]
    reason: Mapped[bytes] = sealed_column("patient_merge.reason/{id}")
    undone_at: Mapped[datetime | None] = mapped_column(instant())
    undone_by: Mapped[UUID | None]

    __table_args__ = (
        Index(
            "uq_patient_merge_merged_id",
            "merged_id",
            unique=True,
            postgresql_where=text("undone_at is null"),
        ),
    )


class ClientPatient(Base):
    """For whom a bound client may speak: whom it enrolled, or whom it was granted (SEC-04)."""

    __tablename__ = "client_patient"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(instant())


class DeviceUse(Base):
    """Whose a device was, from one instant to another; never two people's at once."""

    __tablename__ = "device_use"

    id: Mapped[UUID] = id_column()
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"), index=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    since: Mapped[datetime | None] = mapped_column(instant())  # None: as long as it is known
    until: Mapped[datetime | None] = mapped_column(instant())

    __table_args__ = (
        Index(
            "uq_device_use_device_id",
            "device_id",
            unique=True,
            postgresql_where=text("until is null"),
        ),
    )


class Parked(Base):
    """An Observation of somebody not enrolled yet, sealed, in the order of arrival."""

    __tablename__ = "parked"

    id: Mapped[UUID] = id_column()
    turn: Mapped[int] = mapped_column(BigInteger, Identity())
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"))
    patient_key: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = sealed_column("parked.body/{id}")
    received_at: Mapped[datetime] = mapped_column(instant(), index=True)

    __table_args__ = (Index(None, "client_id", "digest", unique=True),)
