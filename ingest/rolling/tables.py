"""Until when the streams of a person are rolled up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class RolledUp(Base):
    """A person with a dense stream: before `until`, only readings with a `roll` are loaded.

    `until` is the end of an hour, or the beginning of a local day in `zone`. Whoever stores or
    takes back a reading before it moves it back to the beginning of that day, in the same
    transaction and under the lock of the person.

    Before `looked_until`, whatever has no mark was looked at once it was old (`ingest.thinning`);
    what comes late moves it back with `until`. Before `thinned_until`, which never moves back,
    readings may be gone, and what stays keeps a mark.
    """

    __tablename__ = "rolled_up"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    until: Mapped[datetime] = mapped_column(instant())
    changed_at: Mapped[datetime | None] = mapped_column(instant())
    zone: Mapped[str]
    looked_until: Mapped[datetime | None] = mapped_column(instant())
    thinned_until: Mapped[datetime | None] = mapped_column(instant())
