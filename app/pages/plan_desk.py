"""One visit to one plan: what stands, what a form means beside it, and the save."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from app.pages import plan_form
from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.plan import site_of
from app.pages.plan_form import PlanForm, Read
from core.audit import Action, record
from core.errors import InvalidError, NotFoundError
from core.vitals import Vital
from ingest import repository as people
from monitoring.plans import service
from monitoring.plans.service import Signed
from monitoring.plans.showing import Shown, locked
from monitoring.plans.site_rules import SiteRules


@dataclass(frozen=True, slots=True)
class Desk:
    """One visit to one plan: who, whose, and what stands."""

    door: Door
    visit: Visit
    patient_id: UUID
    shown: Shown
    said: Language

    @property
    def may(self) -> bool:
        """Return whether the visitor may change it."""
        return service.may_change(self.visit.caller)

    @property
    def site(self) -> SiteRules:
        """Return what the site judges by."""
        return site_of(self.door.settings.plan)


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that comes back: as it was typed, with what is wrong with it."""

    form: PlanForm
    faults: dict[str, str] = field(default_factory=dict)
    conflict: str = ""
    status: int = 422


def desk_of(door: Door, visit: Visit, patient_id: UUID) -> Desk:
    """Return what a visitor may see of a plan; raise `NotFoundError`, else write the read down."""
    if not people.may_see(visit.session, visit.caller, patient_id):
        raise NotFoundError("no such patient")
    shown = service.shown(visit.session, patient_id, site_of(door.settings.plan), now=visit.now)
    record(
        visit.session,
        visit.caller,
        Action.READ,
        service.ENTITY,
        now=visit.now,
        patients=[patient_id],
    )
    return Desk(door, visit, patient_id, shown, language(visit.language))


def meant_by(desk: Desk, form: PlanForm) -> tuple[Refused | None, Read]:
    """Return what a form means, or why it comes back."""
    if conflict := changed(desk, form):
        return conflict, Read()
    key = form.key
    if key is None:
        raise InvalidError("choose a measurement", field="measure")
    standing = desk.shown.of(key)
    meant = plan_form.read(form, standing, today=desk.shown.today, said=desk.said)
    if not form.sets and standing is None:
        meant.faults["levels"] = desk.said.say("The plan has no such part of a clinician.")
    if meant.limit is not None and not meant.faults:
        barred = locked(meant.limit, desk.site, desk.shown.person, desk.shown.today.toordinal())
        if barred is not None:
            meant.faults["levels"] = desk.said.say(
                "The site has locked its own limit, so that yours would not count: {reason}",
                reason=barred.reason,
            )
    return (Refused(form, meant.faults) if meant.faults else None), meant


def changed(desk: Desk, form: PlanForm) -> Refused | None:
    """Return the form for whoever saw a plan that is not the one of now (UX-05)."""
    if form.version == str(desk.shown.version):
        return None
    form = form.model_copy(update={"version": str(desk.shown.version)})
    last = next(iter(desk.shown.versions), None)
    if last is None:
        return Refused(form, status=409, conflict=desk.said.say("The plan was changed meanwhile."))
    when = desk.said.relative(desk.visit.now - last.at)
    who = desk.said.say(
        "{clinician} changed the plan {when}. Nothing of yours is saved yet; what you typed"
        " stands below, beside what is in force now.",
        clinician=last.clinician,
        when=when,
    )
    return Refused(form, status=409, conflict=who)


def save(desk: Desk, form: PlanForm, meant: Read) -> None:
    """Store what a form means; raises as the plan's own service does."""
    visit, session, who = desk.visit, desk.visit.session, desk.patient_id
    signed = Signed(visit.caller, form.reason.strip(), meant.review_by, desk.shown.version)
    if form.act.startswith("target"):
        service.confirm_target(session, signed, who, on=form.sets, now=visit.now)
    elif meant.limit is not None:
        service.set_limit(session, signed, who, meant.limit, site=desk.site, now=visit.now)
    else:
        vital, usual = Vital(form.measure), bool(form.from_usual)
        service.withdraw(session, signed, who, vital, from_usual=usual, now=visit.now)
