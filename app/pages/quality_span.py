"""Which weeks and which team a page of quality is about, as its address says it; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from core.errors import InvalidError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

CHOICES = (4, 12, 26)
MOST_DIGITS = 2
LONGEST = timedelta(days=366)


def weeks_of(text: str) -> int:
    """Return how many weeks an address asks for; 0, which is no choice, for what is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; dates go before weeks."""

    weeks: int = 12
    first: str = ""
    last: str = ""
    team: str = ""

    def span(self, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return from when to when; raise `InvalidError` for what is no span of at most a year."""
        if not (self.first or self.last):
            if self.weeks not in CHOICES:
                raise InvalidError("choose 4, 12 or 26 weeks", field="weeks")
            return now - timedelta(weeks=self.weeks), now
        try:
            first, last = date.fromisoformat(self.first), date.fromisoformat(self.last)
        except ValueError as error:
            raise InvalidError("a day is written like 2026-11-29", field="first") from error
        if last >= now.astimezone(zone).date() + LONGEST:  # nor would a calendar have its morrow
            raise InvalidError("the last day lies after the first, a year at most", field="last")
        since = datetime.combine(first, time(), tzinfo=zone)
        until = min(datetime.combine(last + timedelta(days=1), time(), tzinfo=zone), now)
        if not timedelta() < until - since <= LONGEST:
            raise InvalidError("the last day lies after the first, a year at most", field="last")
        return since, until

    @property
    def team_id(self) -> UUID | None:
        """Return the team, None for all; raise `InvalidError` for what is no id."""
        try:
            return UUID(self.team) if self.team else None
        except ValueError as error:
            raise InvalidError("there is no such team", field="team") from error

    def query(self, **more: str) -> str:
        """Return it as an address has it, with more beside it: opaque ids and names of rules."""
        own = {"first": self.first, "last": self.last} if self.first else {"weeks": str(self.weeks)}
        said = {**own, "team": self.team, **more}
        return urlencode({name: value for name, value in said.items() if value})

    def of_team(self, team: str) -> Asked:
        """Return the same weeks of one team."""
        return replace(self, team=team)
