"""What somebody writes about a person with an alert stands sealed, and is read as before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from alerts import service
from alerts.outcomes import Label, Resolution
from alerts.tables import Alert, AlertEvent
from alerts.undoing.service import undo
from alerts.views import repository as views
from alerts.wording.repository import words_of
from alerts.wording.service import seal_older
from core.vitals import Severity
from reports.repository import put_off
from tests.app.erasure.found import everywhere

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
WHY, NOTE, END = "Her son visits", "Ring the daughter", "Cuff of a neighbour"


def write_all(session: Session, ward: Ward, alert: UUID, now: datetime) -> None:
    service.snooze(session, ward.doctor, alert, until=now + HOUR, reason=WHY, now=now)
    service.wake(session, ward.doctor, alert, now=now + SECOND)
    service.add_note(session, ward.doctor, alert, NOTE, now=now + SECOND)
    said = Resolution(Label.UNSURE, note=END)
    service.resolve(session, ward.doctor, alert, said, now=now + 2 * SECOND)


def read_all(session: Session, ward: Ward, now: datetime) -> dict[str, object]:
    """Return what pages and reports read of it."""
    (view,) = views.of_patient(session, ward.patient)
    off = put_off(session, [ward.patient], since=now - HOUR, until=now + HOUR)
    lines = {each.kind: each.after for each in view.timeline}
    return {
        "ended": view.outcome_note,
        "noted": lines["noted"]["note"],
        "snoozed": lines["snoozed"]["why"],
        "reported": off[view.id],
    }


READ = {"ended": END, "noted": NOTE, "snoozed": WHY, "reported": [WHY]}


def test_what_is_written_stands_nowhere_in_clear_and_is_read_as_before_sec_27(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert,) = judged(session, ward.patient, finding(Severity.AMBER))

    write_all(session, ward, alert, now)

    assert plain(session, alert) == set()
    assert everywhere(session, [WHY, NOTE, END]) == {
        WHY: {"alert_event"},
        NOTE: {"alert_event"},
        END: {"alert"},
    }
    assert read_all(session, ward, now) == READ


def plain(session: Session, alert: UUID) -> set[str]:
    """Return which of the words a look into the database shows, without any key."""
    rows: list[Any] = [*session.execute(select(Alert.__table__).where(Alert.id == alert))]
    lines = select(AlertEvent.__table__).where(AlertEvent.alert_id == alert)
    said = str([tuple(row) for row in (*rows, *session.execute(lines))])
    return {each for each in (WHY, NOTE, END) if each in said}


def as_before_0090(session: Session, alert: UUID) -> None:
    """Put what was written where it stood when nothing was sealed."""
    for row in session.scalars(select(AlertEvent).where(AlertEvent.alert_id == alert)):
        row.after = row.after | words_of(session, row)
        row.words = b""
        if row.kind == "resolved":
            row.kept = (row.kept or {}) | {"outcome_note": None, "snooze_reason": WHY}
    values = {"outcome_note": END, "outcome_words": b""}
    session.execute(update(Alert).where(Alert.id == alert).values(values))
    session.flush()
    session.expire_all()


def test_what_was_written_before_is_read_and_sealed_in_steps_sec_27(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert,) = judged(session, ward.patient, finding(Severity.AMBER))
    write_all(session, ward, alert, now)
    as_before_0090(session, alert)
    assert plain(session, alert) == {WHY, NOTE, END}
    assert read_all(session, ward, now) == READ

    while seal_older(session, now=now):
        session.expire_all()

    assert plain(session, alert) == set()
    assert read_all(session, ward, now) == READ
    resolved = AlertEvent.alert_id == alert, AlertEvent.kind == "resolved"
    (line,) = session.scalars(select(AlertEvent).where(*resolved))
    assert line.kept is not None
    assert "snooze_reason" not in line.kept
    assert line.kept["state"] == "acknowledged"


def test_an_undo_brings_back_what_was_written_and_takes_away_what_was_not_sec_27(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.snooze(session, ward.doctor, alert, until=now + HOUR, reason=WHY, now=now)
    said = Resolution(Label.UNSURE, note=END)
    service.resolve(session, ward.doctor, alert, said, now=now + SECOND)

    undo(session, ward.doctor, alert, now=now + 2 * SECOND)

    (view,) = views.of_patient(session, ward.patient)
    assert view.outcome_note == ""
