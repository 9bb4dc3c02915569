"""The use cases of a person's plan: set, change and withdraw a limit, confirm a target, show all.

Whoever changes a plan is a physician who looks after the person and answers for it by name; each
change is a new version, is audited, and has the person judged anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.outbox import Topic, offer
from core.security import Role
from ingest import repository as people
from ingest.people.repository import set_scale_two_plan
from monitoring import repository as judgements
from monitoring.plans import limits, repository
from monitoring.plans.showing import Shown, locked
from monitoring.plans.versions import (
    TARGET,
    TARGET_RANGE,
    Change,
    Version,
    content_of,
    limit_of,
    newest,
)
from monitoring.windows import local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from core.vitals import Vital
    from ingest.enrolment import Person
    from monitoring.plans.limits import PlanLimit
    from monitoring.plans.site_rules import SiteRules

ENTITY = "plan"


@dataclass(frozen=True, slots=True)
class Signed:
    """Who changes a plan, why, and by when it must be looked at again.

    `seen` is the plan that they saw, by `Shown.version`; None where nobody looked.
    """

    caller: Caller
    reason: str
    review_by: date | None = None
    seen: int | None = None


def shown(session: Session, patient_id: UUID, site: SiteRules, *, now: datetime) -> Shown:
    """Return a person's plan; who may see it has been asked by then."""
    person = people.person(session, patient_id).at(now.timestamp(), now.timestamp())
    day = local_day(now.timestamp(), zone_of(person.zone))
    versions = repository.versions_of(session, people.one_person(session, patient_id))
    own = [limit_of(v) for v in newest(versions) if v.standing and v.subject != TARGET]
    return Shown(
        person,
        now.astimezone(zone_of(person.zone)).date(),
        site.plan_of(person, day, own),
        site.rulebook_of(person, day, own),
        site.applying(person, day),
        versions,
    )


def set_limit(  # noqa: PLR0913 (who, whose, what, beside what, when)
    session: Session,
    signed: Signed,
    patient_id: UUID,
    limit: PlanLimit,
    *,
    site: SiteRules,
    now: datetime,
) -> int:
    """Set a limit for a patient, or change the one that stands; return the version's number.

    Raises
    ------
    InvalidError
        With every fault of the limit, or for a missing reason or a review that is past.
    ConflictError
        Where the site has locked its own limit for that vital and end: it would not be in force.
    ForbiddenError, NotFoundError
        For who may not set limits, or does not look after the patient.
    """
    desk = _open(session, signed, patient_id, now=now)
    if found := list(limits.faults(replace(limit, reason=signed.reason))):
        raise InvalidError("limit refused: {faults}", field="limit", facts={"faults": tuple(found)})
    day = local_day(now.timestamp(), zone_of(desk.person.zone))
    if barred := locked(limit, site, desk.person, day):
        raise ConflictError(
            "the site has locked its limit: {reason}",
            field="limit",
            facts={"reason": barred.reason},
        )
    key = (str(limit.vital), limit.from_usual)
    return _write(desk, key, content_of(limit), now=now)


def withdraw(  # noqa: PLR0913 (who, whose, what, when)
    session: Session,
    signed: Signed,
    patient_id: UUID,
    vital: Vital,
    *,
    from_usual: bool = False,
    now: datetime,
) -> int:
    """Take a clinician's limit out of a plan; what gave way to it is in force again.

    Raises `NotFoundError` where none stands, else as `set_limit`.
    """
    desk = _open(session, signed, patient_id, now=now)
    return _withdraw(desk, (str(vital), from_usual), now=now)


def confirm_target(
    session: Session, signed: Signed, patient_id: UUID, *, on: bool, now: datetime
) -> int:
    """Set or withdraw the target saturation of 88 to 92 % (scale 2); return the version's number.

    It takes effect where chronic hypercapnic failure stands on the problem list too, and is
    never inferred (`fhir.md` section 7a). Raises as `withdraw`.
    """
    desk = _open(session, signed, patient_id, now=now)
    key = (TARGET, False)
    number = _write(desk, key, dict(TARGET_RANGE), now=now) if on else _withdraw(desk, key, now=now)
    set_scale_two_plan(session, people.one_person(session, desk.patient_id), on=on)
    return number


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where one change is worked on: the person's lock is held."""

    session: Session
    signed: Signed
    patient_id: UUID
    practitioner_id: UUID
    person: Person
    versions: Sequence[Version]

    def standing(self, key: tuple[str, bool]) -> Version | None:
        last = {(each.subject, each.from_usual): each for each in newest(self.versions)}
        found = last.get(key)
        return found if found is not None and found.standing else None


def _open(session: Session, signed: Signed, patient_id: UUID, *, now: datetime) -> _Desk:
    caller = signed.caller
    who = answers(session, caller, patient_id)
    head = people.survivor(session, patient_id)
    person = people.person(session, head)
    if not signed.reason.strip():
        raise InvalidError("a change of a plan needs its reason", field="reason")
    today = now.astimezone(zone_of(person.zone)).date()
    if signed.review_by is not None and signed.review_by <= today:
        raise InvalidError("the review must lie ahead", field="review_by")
    judgements.lock(session, [head])
    versions = repository.versions_of(session, people.one_person(session, head))
    if signed.seen not in (None, len(versions)):
        raise ConflictError("somebody else changed the plan meanwhile", field="version")
    return _Desk(session, signed, head, who, person, versions)


def may_change(caller: Caller) -> bool:
    """Return whether somebody may change plans at all: a physician who can answer for it."""
    physician = caller.kind != "user" or caller.role is Role.PHYSICIAN
    return caller.practitioner_id is not None and physician


def answers(session: Session, caller: Caller, patient_id: UUID) -> UUID:
    """Return the practitioner who answers for a change of a patient's plan.

    Raises `NotFoundError` behind the team filter, then `ForbiddenError`.
    """
    if not people.may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    if caller.practitioner_id is None or not may_change(caller):
        raise ForbiddenError("a plan is changed by a physician who answers for it")
    return caller.practitioner_id


def _withdraw(desk: _Desk, key: tuple[str, bool], *, now: datetime) -> int:
    standing = desk.standing(key)
    if standing is None:
        raise NotFoundError("the plan has no such limit of a clinician")
    return _write(desk, key, dict(standing.content), now=now, change=Change.WITHDRAWN)


def _write(
    desk: _Desk,
    key: tuple[str, bool],
    content: dict[str, Any],
    *,
    now: datetime,
    change: Change | None = None,
) -> int:
    """Add the version, write it down in the audit, and have the person judged anew."""
    session, signed = desk.session, desk.signed
    if change is None:
        change = Change.CHANGED if desk.standing(key) else Change.SET
    id_ = uuid4()
    version = Version(
        id_,
        0,
        *key,
        change,
        content,
        now,
        signed.review_by if change is not Change.WITHDRAWN else None,
        desk.practitioner_id,
        reason=signed.reason.strip(),
    )
    number = repository.add(session, desk.patient_id, version)
    record(
        session,
        signed.caller,
        Action.CREATE if change is Change.SET else Action.UPDATE,
        ENTITY,
        now=now,
        entity_id=id_,
        patients=[desk.patient_id],
    )
    offer(session, Topic.ASSESS, desk.patient_id, now=now)
    return number
