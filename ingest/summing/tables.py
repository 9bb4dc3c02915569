"""What a reading counts for once others are summed up with it, and what those were called."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, instant


class Summed:
    """For how many others a reading counts: those that it stands for, and those that are gone."""

    stands_for: Mapped[int | None]  # in medians, once rolled up (`ingest.rollup`)
    roll: Mapped[int | None] = mapped_column(SmallInteger)  # rolled up by day, by hour, or not
    # How many are gone and count with it, and how finely a movement is kept
    # (`ingest.movement.Grain`).
    summed: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    grain: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))


class SummedKey(Base):
    """That a reading was received and is summed up: a keyed digest of its key, or of its name.

    What is sent a second time is known by it, and counted once (REL-05). `of_value` is the same
    of the value, where another value would be no repeat.
    """

    __tablename__ = "summed_key"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    day: Mapped[datetime] = mapped_column(instant(), index=True)  # when that day began (UTC)
    of_value: Mapped[UUID | None]
