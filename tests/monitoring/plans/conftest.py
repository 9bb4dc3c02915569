"""A physician, whom they look after, and a limit: what the tests of plans begin with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from core.security import Caller, Role
from core.vitals import Severity, Vital
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient, Condition
from monitoring import repository as judgements
from monitoring import service as monitoring
from monitoring.plans import service
from monitoring.plans.limits import PlanLimit
from monitoring.plans.service import Signed
from monitoring.plans.site_rules import SiteRules
from tests.monitoring.test_service import NOW, enrol
from tests.people import clinician
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SITE = SiteRules(RULEBOOK, (), monitoring.load_templates(RULEBOOK))
LATER = NOW + timedelta(minutes=10)
WIDE = PlanLimit(vital=Vital.HEART_RATE, reason="r", alert_high=125)
REVIEW = date(2026, 9, 1)


@pytest.fixture
def physician(session: Session) -> Caller:
    who = clinician(session, uuid4(), "Dr Han", "han@clinic.example")
    session.add(who)
    session.flush()
    return Caller("user", uuid4(), role=Role.PHYSICIAN, practitioner_id=who.id)


@pytest.fixture
def patient(session: Session, physician: Caller) -> UUID:
    return looked_after(session, physician)


def looked_after(session: Session, physician: Caller, *codes: str) -> UUID:
    id_, team = enrol(session), uuid4()
    session.add(CareTeam(id=team, name="team"))
    session.flush()
    session.add(CareTeamParticipant(care_team_id=team, practitioner_id=physician.practitioner_id))
    session.add(CareTeamPatient(care_team_id=team, patient_id=id_))
    session.add_all(
        Condition(
            patient_id=id_,
            codes=[["http://hl7.org/fhir/sid/icd-10-cm", code]],
            clinical_status="active",
        )
        for code in codes
    )
    session.flush()
    return id_


def signed(caller: Caller, reason: str = "lives at 115") -> Signed:
    return Signed(caller, reason, REVIEW)


def set_(session: Session, caller: Caller, patient: UUID, limit: PlanLimit = WIDE) -> int:
    return service.set_limit(session, signed(caller), patient, limit, site=SITE, now=NOW)


def found(session: Session, patient: UUID, site: SiteRules = SITE) -> dict[str, Severity]:
    done = monitoring.assess(
        session, patient, now=NOW + timedelta(minutes=40), rulebook=site, model=None
    )
    return {f.rule_id: f.severity for f in judgements.assessment(session, done).findings}
