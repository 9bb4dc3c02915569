"""The rows behind the door: people and their teams, clients, received resources, readings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.sealed_fields import sealed_column
from ingest.summing.tables import Summed


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
    synthetic: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class PatientIdentifier(Base):
    """A record number with the system that gave it (SEC-28): sealed, found by keyed digests."""

    __tablename__ = "patient_identifier"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    value_key: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    sealed: Mapped[bytes] = sealed_column("patient_identifier/{key}")


class Condition(Base):
    """One entry of a problem list, for the time in which it held; parts of it count on."""

    __tablename__ = "condition"

    id: Mapped[UUID] = id_column()
    part: Mapped[int] = mapped_column(primary_key=True, default=0)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    codes: Mapped[list[Any]]  # [[system, code], ...]
    clinical_status: Mapped[str] = mapped_column(default="")
    verification_status: Mapped[str] = mapped_column(default="")
    onset: Mapped[date | None]
    since: Mapped[datetime | None] = mapped_column(instant())  # None: it does not say
    until: Mapped[datetime | None] = mapped_column(instant())
    heard: Mapped[datetime | None] = mapped_column(instant())  # None: it was always known


class Practitioner(Base):
    """Somebody who may be told, unless the clinic barred them, whatever a record system says."""

    __tablename__ = "practitioner"

    id: Mapped[UUID] = id_column()
    name: Mapped[bytes] = sealed_column("practitioner.name/{id}")
    email: Mapped[bytes] = sealed_column("practitioner.email/{id}")
    active: Mapped[bool] = mapped_column(default=True)
    barred: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


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
    site_id: Mapped[UUID | None]


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
    model: Mapped[str] = mapped_column(default="", server_default="")  # of its make


class Client(Base):
    """A registered device integration; its name is its OAuth client id."""

    __tablename__ = "client"

    id: Mapped[UUID] = id_column()
    name: Mapped[str] = mapped_column(unique=True)
    jwks: Mapped[dict[str, Any]]
    scopes: Mapped[list[Any]]
    history: Mapped[bool] = mapped_column(default=False)
    mode: Mapped[str] = mapped_column(default="warn")  # enforce | warn | off
    tolerances: Mapped[list[Any]] = mapped_column(default=list)  # of fhir.policy.Tolerance
    jwks_url: Mapped[str] = mapped_column(default="")  # keys by address instead of in `jwks`
    bound: Mapped[bool] = mapped_column(default=False)  # speaks only for its own patients
    parks: Mapped[bool] = mapped_column(default=False)  # readings of strangers wait
    research: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(instant())


class ClientAssertion(Base):
    """A token request that was used; a second use is a replay (SEC-02)."""

    __tablename__ = "client_assertion"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(instant(), index=True)


class Parcel(Base):
    """What was received in one transaction: all bodies in a row, compressed, then sealed.

    The database partitions it by its id, whose first bits are the time; so does `resource`.
    """

    __tablename__ = "parcel"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = sealed_column("parcel/{id}")

    __table_args__ = ({"postgresql_partition_by": "RANGE (id)"},)


_RECEIVED = ("received_at", "id", "version")
_OBSERVED, _OTHER = text("type = 'Observation'"), text("type <> 'Observation'")
_TIMED = text("effective is not null")
_UNTIMED = text("type <> 'Observation' or effective is null")
# What a search goes along (SEC-37): a patient's as they were measured or arrived, all others by
# kind, and everybody's in the order of arrival, where Observations are many.
_SEARCHED = (
    Index(None, "patient_id", "effective"),
    Index("ix_resource_arrived", "patient_id", "received_at", postgresql_where=_TIMED),
    Index("ix_resource_others", "patient_id", "type", *_RECEIVED, postgresql_where=_UNTIMED),
    Index("ix_resource_nobodys", "type", *_RECEIVED, postgresql_where=text("patient_id is null")),
    Index("ix_resource_observation_received", *_RECEIVED, postgresql_where=_OBSERVED),
    Index("ix_resource_other_received", "type", *_RECEIVED, postgresql_where=_OTHER),
)


class Resource(Base):
    """One version of one resource: the record itself (FHIR-14), its bytes cut out of a parcel."""

    __tablename__ = "resource"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    parcel_id: Mapped[UUID]
    received_at: Mapped[datetime] = mapped_column(instant())
    effective: Mapped[datetime | None] = mapped_column(instant())  # when it was measured or said
    source_updated: Mapped[datetime | None] = mapped_column(instant())  # meta.lastUpdated
    start: Mapped[int]  # in the opened parcel, in bytes
    length: Mapped[int]
    version: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(default="")

    __table_args__ = (*_SEARCHED, {"postgresql_partition_by": "RANGE (id)"})


class ResourceIdentifier(Base):
    """What a client calls a resource; the key that makes repeats and races harmless (REL-05)."""

    __tablename__ = "resource_identifier"

    # The blind digest of client, type, system and value: it tells nobody anything.
    key: Mapped[UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(index=True)


# Only of what was taken back, dense streams, weights and movements: nobody else pays for it.
_REVISED, _ROLLED = text("superseded or quality = 'withdrawn'"), text("roll is not null")
_WEIGHT = text("vital = 'body_weight'")
_MOVES = text("vital in ('motion', 'bathroom', 'outer_door', 'hub_heartbeat')")
_FEW = (
    Index("ix_reading_weight", "patient_id", "effective", postgresql_where=_WEIGHT),
    Index("ix_reading_movement", "grain", "effective", postgresql_where=_MOVES),
    Index("ix_reading_revised", "patient_id", "effective", postgresql_where=_REVISED),
    Index("ix_reading_rolled", "patient_id", "roll", "effective", postgresql_where=_ROLLED),
)
_ONE_LIVES = "ordinal = 0 or superseded or quality in ('conflict', 'absent', 'withdrawn')"


class StoredReading(Summed, Base):
    """One measured value, indexed for the judgement out of a received Observation.

    The primary key is the natural key (REL-07), which also serves "readings of a patient since";
    `ordinal` is 0 for what lives, and counts what is in conflict (REL-08), absent or superseded.
    """

    __tablename__ = "reading"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    effective: Mapped[datetime] = mapped_column(instant(), primary_key=True)
    resource_id: Mapped[UUID]
    received_at: Mapped[datetime] = mapped_column(instant())
    value: Mapped[float | None]
    until: Mapped[datetime | None] = mapped_column(instant())
    local_day: Mapped[date | None]
    resource_version: Mapped[int]
    ordinal: Mapped[int] = mapped_column(primary_key=True, default=0)
    history: Mapped[bool] = mapped_column(default=False)
    superseded: Mapped[bool] = mapped_column(default=False)
    vital: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True, default="")
    quality: Mapped[str]
    precision: Mapped[str]
    comparator: Mapped[str] = mapped_column(default="")
    value_received: Mapped[str] = mapped_column(default="")
    unit_received: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="", server_default="")

    __table_args__ = (
        PrimaryKeyConstraint("patient_id", "effective", "vital", "device", "ordinal"),
        CheckConstraint(_ONE_LIVES, name="one_lives"),
        *_FEW,
        {"postgresql_partition_by": "RANGE (effective)"},
    )

    @property
    def id(self) -> str:
        """What the judgement calls this reading: `<Observation>/<version>/<vital>`."""
        beside = f"/{self.ordinal}" if self.ordinal else ""
        return f"{self.resource_id}/{self.resource_version}/{self.vital}{beside}"
