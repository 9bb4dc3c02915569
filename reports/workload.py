"""What the team did for its people in the week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Workload:
    """Counts of what was written down; minutes by what they went into."""

    taken: int = 0  # alerts taken, each once
    reached: int = 0  # contacts in which somebody was reached
    not_reached: int = 0
    visits_held: int = 0
    visits_missed: int = 0
    put_off: int = 0  # alerts snoozed, each time
    minutes: Mapping[str, int] = field(default_factory=dict)
    live_minutes: int = 0

    @property
    def all_minutes(self) -> int:
        """Return all minutes that were written down."""
        return sum(self.minutes.values())
