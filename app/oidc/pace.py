"""How fast the provider is asked for one source: a moment apart, and never not at all (SEC-05).

A ward shares one address. Whoever floods from there delays the others by a moment and keeps
nobody out: nothing is counted that only the end of a period would forget.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

GAP = 0.1  # seconds from one request to the provider to the next, of one source
LONGEST = 1.0  # seconds that somebody waits for their turn; each holds a thread
MANY = 1000


@dataclass(slots=True)
class Pace:
    """When each source has its next turn, in this process."""

    turns: dict[str, float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def turn(self, source: str, *, now: float) -> float | None:
        """Return in how many seconds it is a source's turn; None where too many wait before it."""
        with self.lock:
            at = max(self.turns.get(source, now), now)
            if at - now > LONGEST:
                return None
            if len(self.turns) >= MANY:
                self.turns = {each: then for each, then in self.turns.items() if then > now}
            self.turns[source] = at + GAP
            return at - now
