"""A proposal tried on the past before anybody puts it into the site's plan (UX-08).

Judged anew are some of the people in whom the rule spoke, twelve at most: their number is said.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.plan import site_of
from app.pages.plan_effect import effect
from app.pages.quality import Asking, here_of, proposal_of, world_of
from app.pages.quality_words import proposal_words
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from app.what_if import labels, stored_pasts, what_if
from core.errors import NotFoundError
from ingest import repository as people
from ingest.admission.service import turn
from monitoring.plans.in_force import chosen
from monitoring.plans.plan_file import SitePlan
from reports.proposals import plan_text
from reports.quality import By, lines

if TYPE_CHECKING:
    from uuid import UUID

    from monitoring.plans.site_rules import SiteRules
    from monitoring.what_if import Difference
    from reports.proposals import Proposal
    from reports.quality import Line

MOST_JUDGED = 12
LOOKED_BACK = timedelta(days=90)


def router(door: Door) -> APIRouter:
    """Return `/quality/trial?rule=`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/quality/trial")
    def trial(request: Request, what: Asking, rule: str = "") -> Response:
        with door.visit(request) as visit:
            world = world_of(here_of(door, visit, what), visit, what)
            line = next((each for each in lines(world, By.RULE) if each.key == rule), None)
            proposal = proposal_of(door, world, line) if line else None
            if line is None or proposal is None or proposal.limit is None:
                raise NotFoundError("nothing is proposed for this rule")
            concerned = {each.patient_id for each in line.alerts} - world.hidden
            with turn(visit.session, "what-if", visit.caller.id):
                tried = _tried(door, visit, sorted(concerned), line, proposal)
            return door.pages.page(
                "quality_trial.html",
                visit=visit,
                here="quality",
                strip=strip_of(door, visit),
                back=f"/quality?{what.query()}",
                **tried,
            )

    return routes


def _tried(
    door: Door, visit: Visit, concerned: list[UUID], line: Line, proposal: Proposal
) -> dict[str, Any]:
    said = language(visit.language)
    sample = concerned[:MOST_JUDGED]
    found = _compare(door, visit, sample, proposal)
    return {
        "rule": line.key,
        "words": proposal_words(proposal, said),
        "judged": len(sample),
        "concerned": len(concerned),
        "effect": effect(found, days=LOOKED_BACK.days, now=visit.now, zone=door.zone, said=said),
        "text": plan_text(proposal),
    }


def _compare(door: Door, visit: Visit, sample: list[UUID], proposal: Proposal) -> Difference:
    site, since = site_of(door.settings.plan), visit.now - LOOKED_BACK
    heads = {each: head for head in sample for each in people.one_person(visit.session, head)}
    return what_if(
        stored_pasts(visit.session, since=since, patients=sample),
        site,
        proposed_site(site, proposal),
        model=door.learned.scorers(visit.session).judging,
        since=since,
        until=visit.now,
        labelled=labels(visit.session, since=since, heads=heads),
    )


def proposed_site(site: SiteRules, proposal: Proposal) -> SiteRules:
    """Return the site with one rule off below RED and a limit of the plan in its place."""
    limit = proposal.limit
    if limit is None:
        return site
    off = {proposal.rule: limit.reason}
    plan = SitePlan(version="1", name="proposal", source="", hash=proposal.rule, off=off)
    return replace(
        site, rulebook=chosen(site.rulebook, plan), limits=(*site.limits, limit), _known={}
    )
