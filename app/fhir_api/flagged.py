"""An episode of an alert as a Flag: open or over, and of which problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.lifecycle import LIVE, State
from app.fhir_api.alerting import Episodes, identified
from fhir.flag import flag

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


class Flags(Episodes):
    """Flag: active as long as the episode is open."""

    def dated(self, row: Any) -> datetime | None:
        """Return when its period begins."""
        return _begins(row)

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:  # noqa: ARG002 (one signature for all kinds)
        """Return the resources."""
        return [_flag(row) for row in rows]


def _begins(alert: Any) -> datetime:
    started: datetime = min(alert.started_at, alert.closed_at or alert.started_at)
    return started


def _flag(alert: Any) -> dict[str, Any]:
    live = State(alert.state) in LIVE
    withdrawn = alert.state == State.WITHDRAWN
    written = flag(
        alert.problem,
        patient=f"Patient/{alert.patient_id}",
        status="active" if live else "entered-in-error" if withdrawn else "inactive",
        start=_begins(alert),
        end=alert.closed_at,
    )
    return identified(written, alert)
