"""Notes and reasons in somebody's own words: sealed with the alert or the line of its timeline.

Rows of before 0090 have them plain until `service.seal_older` has been there; both are read.
"""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from alerts.tables import Alert, AlertEvent
from core.sealed_fields import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

OF_ALERTS = ("outcome_note", "snooze_reason")  # an undo brings them back too
OF_EVENTS = {"noted": "note", "delegated": "note", "snoozed": "why"}  # by the kind of a line


def outcome_note(session: Session, alert: Alert) -> str:
    """Return what was written when an alert ended."""
    said = unseal(session, Alert.outcome_words, alert.outcome_words, id=alert.id)
    return said or alert.outcome_note or ""


def snooze_reason(session: Session, alert: Alert) -> str:
    """Return why an alert was put off."""
    said = unseal(session, Alert.snooze_words, alert.snooze_words, id=alert.id)
    return said or alert.snooze_reason or ""


def write(session: Session, alert: Alert, words: Mapping[str, str]) -> None:
    """Keep what was written of an alert; what is not said is taken from it."""
    ended, off = (words.get(name, "") for name in OF_ALERTS)
    alert.outcome_note = alert.snooze_reason = None
    alert.outcome_words = seal(session, Alert.outcome_words, ended, id=alert.id)
    alert.snooze_words = seal(session, Alert.snooze_words, off, id=alert.id)


def written(session: Session, alert: Alert) -> dict[str, str]:
    """Return what was written of an alert and stands."""
    said = (outcome_note(session, alert), snooze_reason(session, alert))
    return {name: words for name, words in zip(OF_ALERTS, said, strict=True) if words}


def sealed(
    session: Session, alert_id: UUID, kind: str, at: datetime, words: Mapping[str, str]
) -> bytes:
    """Return the words of one line of a timeline, sealed for it."""
    said = json.dumps(dict(words), ensure_ascii=False) if words else ""
    row = {"alert_id": alert_id, "kind": kind, "at": at.astimezone(UTC)}
    return seal(session, AlertEvent.words, said, **row)


def words_of(session: Session, event: AlertEvent) -> dict[str, str]:
    """Return what somebody wrote in one line of a timeline, by its name."""
    name = OF_EVENTS.get(event.kind)
    if name is None:
        return {}
    found = _plain(event.after, [name]) | opened(session, event)
    return {name: found[name]} if name in found else {}


def before(session: Session, act: AlertEvent) -> dict[str, str]:
    """Return what was written of an alert before an act."""
    known = {**_plain(act.kept or {}, OF_ALERTS), **opened(session, act)}
    return {name: known[name] for name in OF_ALERTS if name in known}


def opened(session: Session, event: AlertEvent) -> dict[str, str]:
    """Return the sealed words of one line of a timeline."""
    row = {"alert_id": event.alert_id, "kind": event.kind, "at": event.at.astimezone(UTC)}
    said = unseal(session, AlertEvent.words, event.words, **row)
    found: dict[str, str] = json.loads(said) if said else {}
    return found


def _plain(held: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    return {name: str(held[name]) for name in names if held.get(name)}
