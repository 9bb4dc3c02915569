from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.vitals import Severity, Vital
from ingest.people.tables import PatientMerge
from monitoring.plans import repository, service
from monitoring.plans.versions import TARGET
from tests.monitoring.plans.conftest import LATER, SITE, WIDE, found, looked_after, set_, signed
from tests.monitoring.test_service import NOW, measure

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller


def test_the_second_scale_needs_the_target_and_the_diagnosis(
    session: Session, physician: Caller
) -> None:
    """fhir.md 7a: hypercapnic failure on the problem list and a clinician's target; never one."""
    diagnosed = looked_after(session, physician, "J44.9", "J96.12")
    undiagnosed = looked_after(session, physician, "J44.9")

    for each in (diagnosed, undiagnosed):
        measure(session, each, Vital.SPO2, 90.0)
        assert found(session, each)["SPO2-CRIT"] is Severity.RED
        service.confirm_target(session, signed(physician), each, on=True, now=NOW)

    plans = {e: service.shown(session, e, SITE, now=NOW) for e in (diagnosed, undiagnosed)}
    assert [plans[e].person.scale_two for e in plans] == [True, False]
    assert all(plan.target is not None for plan in plans.values())
    assert [[t.name for t in plan.templates] for plan in plans.values()] == [
        ["copd_scale_two"],
        ["copd"],
    ]
    service.confirm_target(session, signed(physician), diagnosed, on=False, now=LATER)
    after = service.shown(session, diagnosed, SITE, now=LATER)
    assert (after.person.scale_two, after.target) == (False, None)
    assert [v.subject for v in after.versions] == [TARGET, TARGET]


def test_of_merged_records_the_later_version_stands(
    session: Session, physician: Caller, patient: UUID
) -> None:
    other = looked_after(session, physician)
    set_(session, physician, patient)
    wider = replace(WIDE, alert_high=128.0)
    service.set_limit(session, signed(physician), other, wider, site=SITE, now=LATER)
    session.add(PatientMerge(merged_id=other, survivor_id=patient, at=LATER, reason=b""))
    session.flush()

    own = repository.own_of(session, {patient: {patient, other}})[patient]

    assert [limit.alert_high for limit in own.limits] == [128]


def test_a_target_set_on_one_record_holds_for_the_merged_person(
    session: Session, physician: Caller, patient: UUID
) -> None:
    other = looked_after(session, physician, "J96.12")
    service.confirm_target(session, signed(physician), other, on=True, now=NOW)
    session.add(PatientMerge(merged_id=other, survivor_id=patient, at=LATER, reason=b""))
    session.flush()

    assert service.shown(session, patient, SITE, now=LATER).person.scale_two is True
