"""What is looked for in the audit; pure. Ids are opaque, so that they may stand in an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from app.typed import day_of
from core.errors import InvalidError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

OUTCOMES = ("success", "refused", "throttled", "incomplete")
UNRELATED = "unrelated"  # who looked at somebody whom no team of theirs has
EMERGENCY = "emergency"
VIEWS = ("", UNRELATED, EMERGENCY)


@dataclass(frozen=True, slots=True)
class Typed:
    """A form or an address as it came: empty where nothing was asked."""

    who: str = ""
    patient: str = ""
    since: str = ""
    until: str = ""
    kind: str = ""
    outcome: str = ""
    view: str = ""

    @property
    def query(self) -> str:
        """Return it as it stands in an address."""
        names = self.__dataclass_fields__
        return urlencode({name: value for name in names if (value := getattr(self, name))})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The same, read: events in [since, until)."""

    who: UUID | None
    patient: UUID | None
    since: datetime | None
    until: datetime | None
    kind: str
    outcome: str
    view: str


def read(typed: Typed, zone: ZoneInfo) -> Wanted:
    """Return what is meant; raise `InvalidError` that names the field."""
    if typed.outcome not in ("", *OUTCOMES):
        raise InvalidError("There is no such outcome.", field="outcome")
    if typed.view not in VIEWS:
        raise InvalidError("There is no such view.", field="view")
    until = _day(typed.until, "until", zone)
    return Wanted(
        _id(typed.who, "who"),
        _id(typed.patient, "patient"),
        _day(typed.since, "since", zone),
        until + timedelta(days=1) if until else None,
        typed.kind.strip(),
        typed.outcome,
        typed.view,
    )


def _id(said: str, field: str) -> UUID | None:
    try:
        return UUID(said) if said else None
    except ValueError:
        raise InvalidError("An id is 32 digits and letters.", field=field) from None


def _day(said: str, field: str, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day_of(said, field), time(), tzinfo=zone) if said else None
