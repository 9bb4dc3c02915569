"""The rows behind the door: people and their teams, clients, received resources, readings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column

LIVE_NATURAL_KEY = "uq_reading_natural_key"


class Patient(Base):
    """A person; the only place where a name is kept, and it is kept sealed (SEC-27)."""

    __tablename__ = "patient"

    id: Mapped[UUID] = id_column()
    name: Mapped[bytes] = sealed_column("patient.name/{id}")
    birth_date: Mapped[bytes] = sealed_column("patient.birth_date/{id}")
    sex: Mapped[str] = mapped_column(default="")
    zone: Mapped[str] = mapped_column(default="UTC")
    lives_alone: Mapped[bool | None]
    language: Mapped[str] = mapped_column(default="")
    deceased: Mapped[bool] = mapped_column(default=False)
    scale_two_plan: Mapped[bool] = mapped_column(default=False)  # set by a clinician only
    override_by: Mapped[UUID | None]
    override_reason: Mapped[bytes] = sealed_column("patient.override_reason/{id}")
    override_at: Mapped[datetime | None] = mapped_column(instant())
    created_at: Mapped[datetime] = mapped_column(instant())


class PatientIdentifier(Base):
    """A record number means somebody only together with the system that gave it (SEC-28).

    Found by keyed digests, of system and value or of the value alone, and itself sealed.
    """

    __tablename__ = "patient_identifier"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    value_key: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    sealed: Mapped[bytes] = sealed_column("patient_identifier/{key}")


class Condition(Base):
    """One entry of a problem list, as it was received."""

    __tablename__ = "condition"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    codes: Mapped[list[Any]]  # [[system, code], ...]
    clinical_status: Mapped[str] = mapped_column(default="")
    verification_status: Mapped[str] = mapped_column(default="")
    onset: Mapped[date | None]


class Practitioner(Base):
    """Somebody who may be told."""

    __tablename__ = "practitioner"

    id: Mapped[UUID] = id_column()
    name: Mapped[bytes] = sealed_column("practitioner.name/{id}")
    email: Mapped[bytes] = sealed_column("practitioner.email/{id}")
    active: Mapped[bool] = mapped_column(default=True)


class PractitionerIdentifier(Base):
    """A number that means the same clinician whoever sends it, kept as a patient's is."""

    __tablename__ = "practitioner_identifier"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    value_key: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"), index=True)
    sealed: Mapped[bytes] = sealed_column("practitioner_identifier/{key}")


class PractitionerRole(Base):
    """A post that a practitioner holds; its address goes before the personal one."""

    __tablename__ = "practitioner_role"

    id: Mapped[UUID] = id_column()
    practitioner_id: Mapped[UUID] = mapped_column(ForeignKey("practitioner.id"), index=True)
    organization: Mapped[str] = mapped_column(default="")
    email: Mapped[bytes] = sealed_column("practitioner_role.email/{id}")
    active: Mapped[bool] = mapped_column(default=True)


class CareTeam(Base):
    """People who look after the same patients; the unit of access."""

    __tablename__ = "care_team"

    id: Mapped[UUID] = id_column()
    name: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)


class CareTeamParticipant(Base):
    """Who belongs to a team, in which role (a code, or empty)."""

    __tablename__ = "care_team_participant"

    care_team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"), primary_key=True)
    practitioner_id: Mapped[UUID] = mapped_column(
        ForeignKey("practitioner.id"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(default="")


class CareTeamPatient(Base):
    """Whom a team looks after, and who answers for it."""

    __tablename__ = "care_team_patient"

    care_team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True, index=True)
    care_manager_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"))


class Device(Base):
    """A device, and the person it speaks for."""

    __tablename__ = "device"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    name: Mapped[bytes] = sealed_column("device.name/{id}")  # some are called after a person


class Client(Base):
    """A registered device integration; its name is its OAuth client id."""

    __tablename__ = "client"

    id: Mapped[UUID] = id_column()
    name: Mapped[str] = mapped_column(unique=True)
    jwks: Mapped[dict[str, Any]]
    scopes: Mapped[list[Any]]
    history: Mapped[bool] = mapped_column(default=False)
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(instant())


class ClientAssertion(Base):
    """A token request that was used; a second use is a replay (SEC-02)."""

    __tablename__ = "client_assertion"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(instant(), index=True)


class Resource(Base):
    """The received bytes of one version of one resource: the record itself (FHIR-14)."""

    __tablename__ = "resource"

    type: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("client.id"))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    status: Mapped[str] = mapped_column(default="")
    source_updated: Mapped[datetime | None] = mapped_column(instant())  # meta.lastUpdated
    received_at: Mapped[datetime] = mapped_column(instant())
    body: Mapped[bytes] = mapped_column(LargeBinary)  # zstd


class ResourceIdentifier(Base):
    """What a client calls a resource; the key that makes repeats and races harmless (REL-05)."""

    __tablename__ = "resource_identifier"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    resource_type: Mapped[str] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(index=True)


class StoredReading(Base):
    """One measured value, indexed for the judgement out of a received Observation."""

    __tablename__ = "reading"

    id: Mapped[UUID] = id_column()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    vital: Mapped[str]
    value: Mapped[float | None]
    comparator: Mapped[str] = mapped_column(default="")
    quality: Mapped[str]
    effective: Mapped[datetime] = mapped_column(instant())
    until: Mapped[datetime | None] = mapped_column(instant())
    local_day: Mapped[date | None]
    precision: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(instant())
    device: Mapped[str] = mapped_column(default="")
    value_received: Mapped[str] = mapped_column(default="")
    unit_received: Mapped[str] = mapped_column(default="")
    resource_id: Mapped[UUID] = mapped_column(index=True)
    resource_version: Mapped[int]
    history: Mapped[bool] = mapped_column(default=False)
    superseded: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index(None, "patient_id", "effective"),
        Index(None, "patient_id", "received_at"),
        Index(
            LIVE_NATURAL_KEY,
            "patient_id",
            "device",
            "vital",
            "effective",
            unique=True,
            postgresql_where=text(
                "not superseded and quality not in ('conflict', 'absent', 'withdrawn')"
            ),
        ),
    )
