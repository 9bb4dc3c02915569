"""Put the pages together: routes, static files, and the headers that guard them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, FastAPI

from app.pages import (
    accesses,
    acting,
    audit,
    choosing,
    choosing_privacy,
    contesting,
    contesting_privacy,
    copied,
    dead_letters,
    design,
    digest,
    emergency,
    enrolling,
    enrolling_file,
    erasing,
    follow_up,
    fronts,
    inbox,
    integrations,
    languages,
    leaving,
    listed,
    live,
    models,
    organisation,
    particulars,
    patient,
    pausing,
    planning,
    preferences,
    printed,
    programme,
    quality,
    quality_trial,
    reached,
    record,
    record_merge,
    records,
    report,
    report_issues,
    retention,
    retraining,
    rota,
    rota_desk,
    row_acts,
    rules,
    session,
    signin,
    spent,
    starting,
    teams,
    telling,
    together,
    told,
    trend_data,
    unit_choice,
    users,
    visits,
)
from app.pages.door import Door
from app.pages.headers import CompressedPages, SecurityHeaders
from app.pages.refusals import answer_browsers
from app.pages.rendering import STATIC, Assets, Renderer
from app.weekly_forms import router as report_forms
from core.clock import utc_now
from core.database import Database
from core.settings import Settings

# In the order in which an address is looked for among them.
PARTS = (
    signin,
    fronts,
    audit,
    users,
    teams,
    integrations,
    rota_desk,
    organisation,
    session,
    emergency,
    erasing,
    languages,
    printed,
    preferences,
    live,
    together,
    inbox,
    row_acts,
    digest,
    follow_up,
    design,
    listed,
    patient,
    accesses,
    trend_data,
    unit_choice,
    planning,
    pausing,
    choosing,
    choosing_privacy,
    contesting,
    contesting_privacy,
    copied,
    leaving,
    particulars,
    acting,
    visits,
    spent,
    telling,
    report_forms,
    report_issues,
    report,
    programme,
    quality,
    quality_trial,
    rota,
    rules,
    models,
    retraining,
    dead_letters,
    retention,
    reached,
    enrolling_file,
    enrolling,
    records,
    record,
    record_merge,
)


def router(door: Door) -> APIRouter:
    """Return the routes of every page for those who sign in."""
    routes = APIRouter()
    for part in PARTS:
        # Not included: each router between builds every route's parameters once more.
        routes.routes.extend(part.router(door).routes)
    return routes


def mount(
    web: FastAPI,
    database: Database,
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
) -> None:
    """Add pages, static files and security headers to the application."""
    door = Door(database, settings, Renderer(settings), clock)
    web.include_router(router(door))
    # Apart from the pages of those who sign in: whoever has the link needs no account.
    web.include_router(told.router(door))
    web.include_router(starting.router(door))
    answer_browsers(web, door.pages)
    web.mount("/static", Assets(directory=STATIC, check_dir=False))
    web.add_middleware(CompressedPages)
    web.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https://"))
