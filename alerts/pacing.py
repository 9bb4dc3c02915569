"""How long handing a message over goes on, and when others are told instead (REL-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Breaker:
    """After so many failures of one provider, one after the other, it is left alone so long."""

    failures: int
    pause: timedelta


@dataclass(frozen=True, slots=True)
class Pacing:
    """The waits between the tries of one message, by channel; and what an alert waits for.

    `patience` is how long after it was to leave a message that is not handed over keeps an
    alert from its next step; it is tried on meanwhile.
    """

    waits: tuple[timedelta, ...]
    waits_of: Mapping[str, tuple[timedelta, ...]]
    patience: timedelta
    breaker: Breaker

    def of(self, channel: str) -> tuple[timedelta, ...]:
        """Return the waits of one channel."""
        return self.waits_of.get(channel, self.waits)


# What an alert of before there was a pacing was opened under.
OLD_PATIENCE, OLD_BREAKER = 600.0, {"failures": 5, "seconds": 30.0}


def read(source: Mapping[str, Any], *, scale: float = 1.0) -> Pacing:
    """Return the pacing that the `[delivery]` of a policy states, or a snapshot kept."""
    breaker = source.get("circuit", OLD_BREAKER)
    return Pacing(
        waits=_waits(source["waits_seconds"], scale),
        waits_of={name: _waits(w, scale) for name, w in source.get("waits_of", {}).items()},
        patience=timedelta(seconds=source.get("patience_seconds", OLD_PATIENCE) * scale),
        breaker=Breaker(breaker["failures"], timedelta(seconds=breaker["seconds"] * scale)),
    )


def freeze(pacing: Pacing) -> dict[str, Any]:
    """Return what an alert keeps of it; `read` gives it back."""
    return {
        "waits_seconds": [wait.total_seconds() for wait in pacing.waits],
        "waits_of": {
            name: [wait.total_seconds() for wait in waits]
            for name, waits in pacing.waits_of.items()
        },
        "patience_seconds": pacing.patience.total_seconds(),
        "circuit": {
            "failures": pacing.breaker.failures,
            "seconds": pacing.breaker.pause.total_seconds(),
        },
    }


def _waits(seconds: list[float], scale: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=each * scale) for each in seconds)


def moves_on(pacing: Pacing, *, since: datetime, again: datetime | None) -> bool:
    """Return whether the alert goes on without this message: its next try is too late for it."""
    return again is None or again - since > pacing.patience
