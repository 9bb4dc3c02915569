"""The inbox in two looks: all that is open in short, then the rows of those on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import inbox, survey
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
    ids = [each.id for case in chosen for each in case.alerts]
    live = views.live(session, visible, ids)
    profiles = people.profiles(
        session, visible, list({view.patient_id for view in live}), today=today
    )
    known = {profile.id: profile for profile in profiles}
    return inbox.rows(live, known, physician=_reads_as_physician(caller)), profiles


def _reads_as_physician(caller: Caller) -> bool:
    return caller.role is Role.PHYSICIAN
