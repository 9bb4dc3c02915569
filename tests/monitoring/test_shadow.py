"""AL-21: a rule in shadow mode is evaluated and recorded, and nobody is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.service import load_policy, raise_from
from alerts.tables import Alert, Delivery
from core.vitals import Severity, Vital
from ingest.enrolment import Person
from monitoring import eventtime, repository, service
from monitoring.eventtime import Past, Version
from tests.monitoring.conftest import START
from tests.monitoring.test_service import NOW, enrol, measure

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from monitoring.rulebook import Rulebook
    from tests.monitoring.conftest import MakeReadings

QUIET = {"SPO2-CRIT", "SPO2-LOW", "NEWS2-S3"}


def tried(rulebook: Rulebook) -> Rulebook:
    rules = (replace(r, shadow=True) if r.id in QUIET else r for r in rulebook.rules)
    return replace(rulebook, rules=tuple(rules))


def test_what_it_finds_is_recorded_and_nobody_is_told_al_21(
    session: Session, rulebook: Rulebook
) -> None:
    patient = enrol(session)
    measure(session, patient, Vital.SPO2, 88.0)

    made = service.assess(session, patient, now=NOW, rulebook=tried(rulebook), model=None)
    raise_from(session, made, now=NOW, policy=load_policy())

    judged = repository.assessment(session, made)
    assert judged.findings == ()
    assert [(f.rule_id, f.severity) for f in judged.shadow] == [("SPO2-CRIT", Severity.RED)]
    opened = select(Alert.id).where(Alert.patient_id == patient)
    assert session.scalars(opened).all() == []
    assert session.scalars(select(Delivery.id).where(Delivery.alert_id.in_(opened))).all() == []


def test_each_finding_is_counted_once_however_often_it_was_judged_al_21(
    session: Session, rulebook: Rulebook
) -> None:
    patient = enrol(session)
    measure(session, patient, Vital.SPO2, 88.0)
    for hours in (0, 24):
        service.assess(
            session,
            patient,
            now=NOW + timedelta(hours=hours),
            rulebook=tried(rulebook),
            model=None,
        )

    found = repository.shadowed(session, since=NOW - timedelta(days=1))

    mine = [f.rule_id for who, f in found if who == patient]
    assert sorted(mine) == ["NEWS2-S3", "SPO2-CRIT"]


def test_a_replay_alerts_nothing_of_it_al_21(rulebook: Rulebook, daily: MakeReadings) -> None:
    readings = daily(Vital.SPO2, [96.0, 88.0])
    past = Past(Person("p", "UTC"), [Version(reading) for reading in readings])

    news = list(
        eventtime.run(past, rulebook=tried(rulebook), model=None, until=START + timedelta(days=3))
    )

    assert not QUIET & {each.finding.rule_id for each in news}
