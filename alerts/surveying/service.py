"""The inbox in two looks: all that is open in short, then the rows of those on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import inbox, survey
from alerts.naming.repository import names
from alerts.surveying import repository
from alerts.views import repository as views
from core.errors import NotFoundError
from core.security import Role
from ingest import repository as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.inbox import InboxRow
    from alerts.survey import Case
    from core.security import Caller
    from ingest.roster import PatientProfile


def cases(session: Session, caller: Caller) -> list[Case]:
    """Return one case per person whom the caller may see, in the order of work."""
    found = repository.briefs(session, people.visible_to(caller))
    return survey.cases(found, physician=_reads_as_physician(caller))


def case_of(session: Session, caller: Caller, alert_id: UUID) -> tuple[UUID, Case | None]:
    """Return whom an alert is about, and what is open for them; None where nothing is any more.

    Raises `NotFoundError` where the caller may not see the patient (SEC-12).
    """
    visible = people.visible_to(caller)
    patient = repository.patient_of(session, visible, alert_id)
    if patient is None:
        raise NotFoundError("no such alert")
    records = people.one_person(session, patient)
    found = repository.briefs(session, visible, records)
    open_now = survey.cases(found, physician=_reads_as_physician(caller))
    return people.survivor(session, patient), open_now[0] if open_now else None


def rows(
    session: Session, caller: Caller, chosen: Sequence[Case], *, today: date
) -> tuple[list[InboxRow], list[PatientProfile]]:
    """Return the rows of some cases, with whom they are about.

    The page that shows them writes the audit row of the read, with the patients of the rows.
    """
    visible = people.visible_to(caller)
    live = {view.id: view for view in views.live(session, visible, [c.first.id for c in chosen])}
    # Of a row's first alert everything is told, of the others that they are there. Where the
    # first has ended meanwhile, what is left is read whole.
    whole = [(live[case.first.id], case.alerts[1:]) for case in chosen if case.first.id in live]
    left = [b.id for case in chosen if case.first.id not in live for b in case.alerts[1:]]
    others = views.live(session, visible, left) if left else []
    asked = {view.patient_id for view, _ in whole} | {view.patient_id for view in others}
    profiles = people.profiles(session, visible, list(asked), today=today)
    known = {profile.id: profile for profile in profiles}
    holders = {each.holder for _, beside in whole for each in beside if each.holder}
    called = names(session, holders)
    found = [inbox.row(first, beside, known[first.patient_id], called) for first, beside in whole]
    found += inbox.rows(others, known, physician=_reads_as_physician(caller))
    return sorted(found, key=inbox.urgency), profiles


def _reads_as_physician(caller: Caller) -> bool:
    return caller.role is Role.PHYSICIAN
