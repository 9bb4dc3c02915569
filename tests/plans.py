"""The plan of one invented person: limits of a clinician in two versions, the review overdue."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from core.security import Caller, Role
from core.vitals import Vital
from monitoring.plans.limits import PlanLimit
from monitoring.plans.service import Signed, set_limit
from monitoring.service import load_site_rules

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.ward import Ward

_site = cache(load_site_rules)


def give_plan(session: Session, ward: Ward, patient: UUID) -> None:
    site = _site()
    who = Caller("user", ward.user_id, role=Role.PHYSICIAN, practitioner_id=ward.practitioner_id)
    for ago, high, due in ((200, 120.0, 100), (100, 125.0, 3)):
        review = (ward.now - timedelta(days=due)).date()
        signed = Signed(who, "her pacemaker keeps her fast", review)
        limit = PlanLimit(vital=Vital.HEART_RATE, reason="", alert_high=high)
        at = ward.now - timedelta(days=ago)
        set_limit(session, signed, patient, limit, site=site, now=at)
