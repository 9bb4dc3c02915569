"""The page on which a physician changes a plan: form, preview with its what-if, save.

Nothing is stored before the save; what was typed travels with the preview and is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages import plan_desk, plan_form
from app.pages.done import Notice, notice
from app.pages.door import Door
from app.pages.pausing import pause_print
from app.pages.people import facts
from app.pages.plan import plan_print
from app.pages.plan_desk import Desk, Refused, changed, desk_of, meant_by
from app.pages.plan_effect import effect
from app.pages.plan_form import LABELS, LEVELS, MEASURED, PlanForm, Read
from app.pages.plan_parts import changes
from app.pages.refusals import page_route
from app.pages.rule_names import called
from app.pages.strip import strip_of
from app.pages.wording import moment
from app.what_if import of_person
from core.errors import ConflictError, InvalidError, NotFoundError, ThrottledError
from core.vitals import MEASURES, Vital
from ingest import repository as people
from ingest.admission.service import turn
from monitoring.plans import service
from monitoring.plans.in_part import left_out
from monitoring.plans.showing import Draft, Key, would_be
from monitoring.plans.versions import TARGET
from reports.repository import days_with_readings

LOOKED_BACK = timedelta(days=90)


def router(door: Door) -> APIRouter:
    """Return `/patients/{id}/plan`, its preview and its save."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/patients/{patient_id}/plan")
    def plan(  # noqa: PLR0913, PLR0917 (what the address may ask for)
        request: Request,
        patient_id: UUID,
        measure: str = "",
        from_usual: str = "",
        put_back: int = 0,
        done: str = "",
    ) -> Response:
        with door.visit(request) as visit:
            desk = desk_of(door, visit, patient_id)
            form = _chosen(desk, (measure, bool(from_usual)), put_back)
            return _page(desk, form, said=notice(done))

    @routes.post("/patients/{patient_id}/plan/preview")
    def preview(request: Request, patient_id: UUID, form: Annotated[PlanForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            service.answers(visit.session, visit.caller, patient_id)
            desk = desk_of(door, visit, patient_id)
            refused, meant = meant_by(desk, form)
            if refused:
                return _refused(desk, refused)
            try:
                with turn(visit.session, "what-if", visit.caller.id):
                    return _preview(desk, form, meant)
            except ThrottledError as error:
                return _later(desk, form, error)

    @routes.post("/patients/{patient_id}/plan")
    def save(request: Request, patient_id: UUID, form: Annotated[PlanForm, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            service.answers(visit.session, visit.caller, patient_id)
            desk = desk_of(door, visit, patient_id)
            refused, meant = meant_by(desk, form)
            try:
                if not refused:
                    plan_desk.save(desk, form, meant)
            except (ConflictError, InvalidError) as error:
                # A colleague came between the look above and the lock.
                desk = desk_of(door, visit, patient_id)
                refused = changed(desk, form) or Refused(form, {"levels": desk.said.refusal(error)})
            if refused:
                return _refused(desk, refused)
        return RedirectResponse(f"/patients/{patient_id}/plan?done=plan-saved", status_code=303)

    return routes


def _chosen(desk: Desk, key: Key, put_back: int) -> PlanForm | None:
    """Return the form that the address asks for, with an earlier version's levels if it says so."""
    earlier = next((v for v in desk.shown.versions if put_back and v.number == put_back), None)
    if earlier is not None:
        key = (earlier.subject, earlier.from_usual)
    if not desk.may or key[0] not in tuple(Vital):
        return None
    standing = earlier or desk.shown.of(key)
    return plan_form.filled(key, standing, version=desk.shown.version, today=desk.shown.today)


def _later(desk: Desk, form: PlanForm, error: ThrottledError) -> Response:
    """Give the form back as it was typed: it is not its writer's fault that it must wait."""
    wait = Refused(form, conflict=desk.said.refusal(error), status=429)
    response = _refused(desk, wait)
    response.headers["Retry-After"] = str(error.after)
    return response


def _refused(desk: Desk, refused: Refused) -> Response:
    return _page(desk, refused.form, refused=refused)


def _page(
    desk: Desk,
    form: PlanForm | None,
    *,
    said: Notice | None = None,
    refused: Refused | None = None,
) -> Response:
    visit, door = desk.visit, desk.door
    target = form is not None and form.act.startswith("target")
    withdrawing = form is not None and form.act == "withdraw"
    return door.pages.page(
        "plan_edit.html",
        status=refused.status if refused else 200,
        notice=said,
        **_head(desk),
        plan=plan_print(door, visit, desk.patient_id),
        may=desk.may,
        form=form if form and form.key and not target else None,
        limit_form=form is not None and not target and not withdrawing,
        target_form=form if target else None,
        blank=PlanForm(version=str(desk.shown.version)),
        review=(desk.shown.today + plan_form.REVIEW_USUAL).isoformat(),
        earliest=(desk.shown.today + timedelta(days=1)).isoformat(),
        latest=(desk.shown.today + plan_form.REVIEW_LONGEST).isoformat(),
        faults=refused.faults if refused else {},
        conflict=refused.conflict if refused else "",
        levels=[(name, label(desk.said)) for name, label in LABELS.items()],
        measures=_measures(desk),
        about=_about(desk, form),
        in_plan=form is not None and form.key is not None and desk.shown.of(form.key) is not None,
        target_on=desk.shown.target is not None,
        target_words=plan_form.target_words(desk.said),
        pause=pause_print(door, visit, desk.patient_id),
    )


def _head(desk: Desk) -> dict[str, Any]:
    session, visit = desk.visit.session, desk.visit
    profiles = people.profiles(session, people.visible_to(visit.caller))
    profile = next((p for p in profiles if p.id == desk.patient_id), None)
    if profile is None:
        raise NotFoundError("no such patient")
    return {
        "visit": visit,
        "here": "patient",
        "patient_id": desk.patient_id,
        "name": profile.name,
        "facts": facts(profile, today=visit.now.date(), language=visit.language),
        "strip": strip_of(desk.door, visit, profiles),
    }


def _measures(desk: Desk) -> Sequence[tuple[str, str]]:
    """Return the measurements that may have a limit, by their name in the reader's language."""
    return sorted(
        ((vital.value, desk.said.say(MEASURES[vital].display)) for vital in MEASURED),
        key=lambda each: each[1],
    )


def _about(desk: Desk, form: PlanForm | None) -> dict[str, str]:
    """Return what the chosen measurement is called, its unit, and what a device could report."""
    if form is None or form.measure not in tuple(Vital):
        return {"name": "", "unit": "", "low": "", "high": ""}
    measure = MEASURES[Vital(form.measure)]
    return {
        "name": desk.said.say(measure.display),
        "unit": measure.unit_display,
        "low": f"{measure.low:g}",
        "high": f"{measure.high:g}",
    }


def _preview(desk: Desk, form: PlanForm, meant: Read) -> Response:
    """Show the change beside what is in force, and what it would have changed (UX-08)."""
    visit, key = desk.visit, form.key
    if key is None:
        raise InvalidError("choose a measurement", field="measure")
    limit = meant.limit
    if limit is not None:
        limit = replace(limit, set_on=desk.shown.today, review_by=meant.review_by)
    draft = Draft(key, limit, on=form.act == "target-on")
    found = of_person(
        visit.session,
        desk.patient_id,
        draft,
        site=desk.site,
        model=desk.door.learned.scorers(visit.session).judging,
        since=visit.now - LOOKED_BACK,
        until=visit.now,
    )
    after = would_be(desk.shown, desk.site, draft, at=visit.now.timestamp())
    of_target = key[0] == TARGET
    change = changes(desk.shown, after, None if of_target else Vital(key[0]), visit.language)
    return desk.door.pages.page(
        "plan_preview.html",
        **_head(desk),
        form=form,
        hidden=list(plan_form.hidden(form)),
        about=_about(desk, form),
        subject=plan_form.target_words(desk.said) if of_target else _about(desk, form)["name"],
        rows=_rows(desk, form),
        change=change,
        effect=effect(
            found, days=LOOKED_BACK.days, now=visit.now, zone=desk.door.zone, said=desk.said
        ),
        silenced=[called(rule, desk.said) for rule in change.silent],
        in_part=[desk.said.phrase(left_out(p, called(p.rule, desk.said))) for p in change.in_part],
        heard=[called(rule, desk.said) for rule in change.heard],
        measured=_measured(desk),
        looked_back=LOOKED_BACK.days,
        judged=moment(visit.now, now=visit.now, zone=desk.door.zone, language=visit.language),
    )


def _measured(desk: Desk) -> int:
    """Return on how many of the days that are judged again anything was measured."""
    session, now = desk.visit.session, desk.visit.now
    found = days_with_readings(
        session,
        sorted(people.one_person(session, desk.patient_id)),
        zone=desk.door.zone.key,
        since=now - LOOKED_BACK,
        until=now,
    )
    return min(len(frozenset().union(*found.values())), LOOKED_BACK.days)


def _rows(desk: Desk, form: PlanForm) -> list[tuple[str, str, str]]:
    """Return (what, as the clinician's limit is, as it would be) for each field of a limit."""
    key = form.key
    if key is None or key[0] == TARGET:
        return []
    standing = desk.shown.of(key)
    now = None
    if standing:
        now = plan_form.filled(key, standing, version=0, today=desk.shown.today)
    gone = form.act == "withdraw"
    names = [(name, LABELS[name](desk.said)) for name in LEVELS]
    names.append(("readings", desk.said.say("Readings that must agree")))
    names.append(("within_minutes", desk.said.say("Within (minutes)")))
    return [
        (label, getattr(now, name) if now else "", "" if gone else getattr(form, name).strip())
        for name, label in names
    ]
