"""An invented ward for page tests: two teams, their accounts, readings, and real alerts on them.

Rows go in directly; judgements and alerts come from the program's own pipeline.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import delete, select

import alerts.service
import monitoring.service
from app.accounts.service import NewUser, create_user
from app.periods import ScheduledRun
from app.promises import AUDITS
from app.watching.tables import Round
from core.clock import utc_now
from core.outbox import Outbox, State
from core.sealed_fields import seal
from core.security import SYSTEM, Role
from core.vitals import MEASURES, Precision, Quality, Vital
from ingest.repository import visible_to
from ingest.tables import (
    CareTeam,
    CareTeamParticipant,
    Condition,
    Patient,
    StoredReading,
)
from monitoring.repository import mark_judged
from monitoring.tables import LastJudged
from tests.people import clinician
from tests.plans import give_plan
from tests.rulebook import RULEBOOK
from tests.stays import join

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database

PASSWORD = "correct horse battery staple"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
DAYS = 30


_model = cache(partial(monitoring.service.load_model, None))  # read once for all wards
_policy = cache(alerts.service.load_policy)


@dataclass(frozen=True, slots=True)
class Course:
    """How one vital went: a middle, its wobble, and the last days as they were measured."""

    vital: Vital
    middle: float
    wobble: float
    ending: tuple[float, ...] = ()
    gap: tuple[int, ...] = ()  # days ago without a reading
    evening: bool = False  # measured twice a day


@dataclass(frozen=True, slots=True)
class Invented:
    """One invented person."""

    name: str
    born: date
    conditions: tuple[str, ...]
    courses: tuple[Course, ...]
    judged_ago: timedelta = timedelta(minutes=2)
    lives_alone: bool = False
    silent_days: int = 0


MALSUN = Invented(
    "Oh Malsun",
    date(1942, 5, 2),
    ("I50.9", "N18.30", "I48.91"),
    (
        Course(Vital.SPO2, 95.5, 0.6, (94, 92, 90, 86)),
        Course(Vital.BODY_WEIGHT, 58.7, 0.2, (59.0, 59.6, 60.3, 61.2), gap=(12, 13, 14)),
        Course(Vital.HEART_RATE, 71, 3, (74, 79, 84, 88)),
    ),
    judged_ago=timedelta(minutes=6),
)
YEONGHUI = Invented(
    "Kwon Yeonghui",
    date(1947, 1, 20),
    ("I50.9", "E11.9"),
    (
        Course(Vital.BODY_WEIGHT, 61.2, 0.2, (61.4, 62.0, 62.9, 63.7), gap=(9, 10)),
        Course(Vital.SYSTOLIC_BP, 131, 4),
        Course(Vital.DIASTOLIC_BP, 76, 3),
    ),
    judged_ago=timedelta(minutes=52),
)
INSUK = Invented(
    "Seo Insuk",
    date(1954, 8, 11),
    ("I10", "N18.30", "E11.9"),
    (
        Course(Vital.SYSTOLIC_BP, 134, 4, (158, 161, 157, 163, 160, 162, 164), evening=True),
        Course(Vital.DIASTOLIC_BP, 78, 3, (90, 92, 91, 93, 92, 94, 93), evening=True),
    ),
    judged_ago=timedelta(hours=5),
)
TAESIK = Invented(
    "Moon Taesik",
    date(1945, 3, 30),
    ("E11.9", "I25.10"),
    (Course(Vital.GLUCOSE, 148, 9, (205, 214, 258, 271, 282)),),
    judged_ago=timedelta(hours=3),
)
JONGGIL = Invented(
    "Baek Jonggil",
    date(1938, 11, 4),
    ("J44.9", "I50.9"),
    (Course(Vital.HEART_RATE, 76, 3, (88, 99, 134)), Course(Vital.BODY_TEMPERATURE, 36.5, 0.2)),
    judged_ago=timedelta(minutes=9),
    lives_alone=True,
)
SOOJA = Invented(
    "Han Sooja", date(1950, 2, 14), ("I50.9", "J44.9"), (Course(Vital.SPO2, 95.5, 0.6),)
)
YOUNG = Invented(
    "Jung Dahye", date(1980, 6, 1), ("J44.9",), (Course(Vital.SPO2, 96, 0.6),), silent_days=4
)
RIVERSIDE = (MALSUN, JONGGIL, YEONGHUI, INSUK, TAESIK, SOOJA, YOUNG)
OTHERS = (
    Invented(
        "Yun Hidden", date(1944, 4, 4), ("I50.9", "J44.9"), (Course(Vital.SPO2, 95.5, 0.6, (84,)),)
    ),
)


@dataclass(slots=True)
class Ward:
    """What tests need to know of the seeded rows."""

    now: datetime
    team: UUID = field(default_factory=uuid4)
    other_team: UUID = field(default_factory=uuid4)
    patients: dict[str, UUID] = field(default_factory=dict)
    alerts: dict[str, list[UUID]] = field(default_factory=dict)
    username: str = ""
    colleague: str = ""
    outsider: str = ""
    user_id: UUID | None = None
    practitioner_id: UUID | None = None


def open_ward(
    database: Database, *, now: datetime | None = None, people: tuple[Invented, ...] = RIVERSIDE
) -> Ward:
    """Seed and judge a ward of its own; several may stand in one database."""
    ward = Ward(now or utc_now())
    with database.transaction() as session:
        _staff(session, ward)
        for person in people:
            _admit(session, ward, ward.team, person)
        for person in OTHERS:
            _admit(session, ward, ward.other_team, person)
    for person in (*people, *OTHERS):
        with database.transaction() as session:
            _judge(session, ward, person)
    with database.transaction() as session:
        if MALSUN.name in ward.patients:
            give_plan(session, ward, ward.patients[MALSUN.name])
        _settle(session, ward.now)
    return ward


def keep_alive(database: Database, *, now: datetime) -> None:
    """Make the pipeline look at work, as a running worker would."""
    with database.transaction() as session:
        _settle(session, now)


def _staff(session: Session, ward: Ward) -> None:
    names = {"username": "Dr Han", "colleague": "Dr Lim", "outsider": "Dr Elsewhere"}
    for team, name in ((ward.team, "Riverside"), (ward.other_team, "Hillside")):
        session.add(CareTeam(id=team, name=name))
    for field_name, name in names.items():
        person = clinician(session, uuid4(), name, f"{field_name}@clinic.example")
        session.add(person)
        session.flush()
        team = ward.other_team if field_name == "outsider" else ward.team
        role = "physician" if field_name != "colleague" else ""
        session.add(CareTeamParticipant(care_team_id=team, practitioner_id=person.id, role=role))
        login = f"{field_name}-{person.id.hex[:8]}"
        new = NewUser(login, name, PASSWORD, Role.PHYSICIAN, practitioner_id=person.id)
        user_id = create_user(session, new, now=ward.now)
        setattr(ward, field_name, login)
        if field_name == "username":
            ward.user_id, ward.practitioner_id = user_id, person.id


def _admit(session: Session, ward: Ward, team: UUID, person: Invented) -> None:
    who = uuid4()
    patient = Patient(
        id=who,
        name=seal(session, Patient.name, person.name, id=who),
        birth_date=seal(session, Patient.birth_date, person.born.isoformat(), id=who),
        sex="female",
        zone="Asia/Seoul",
        lives_alone=person.lives_alone,
        created_at=ward.now - timedelta(days=60),
    )
    session.add(patient)
    session.flush()
    ward.patients[person.name] = patient.id
    join(session, team, patient.id, since=patient.created_at)
    session.add_all(
        Condition(patient_id=patient.id, codes=[[ICD10, code]], clinical_status="active")
        for code in person.conditions
    )
    rng = random.Random(person.name)  # noqa: S311 (the same ward every time)
    for course in person.courses:
        session.add_all(_readings(patient.id, person, course, now=ward.now, rng=rng))


def _readings(
    patient: UUID, person: Invented, course: Course, *, now: datetime, rng: random.Random
) -> list[StoredReading]:
    rows = []
    for ago in range(DAYS, person.silent_days - 1, -1):
        if ago in course.gap:
            continue
        at = now - person.judged_ago - timedelta(days=ago, minutes=4)
        late = ago < len(course.ending)
        value = course.ending[-1 - ago] if late else rng.gauss(course.middle, course.wobble)
        rows.append(_reading(patient, course.vital, value, at, history=ago > 0))
        if course.evening:
            before = at - timedelta(hours=10)
            rows.append(_reading(patient, course.vital, value - 2, before, history=ago > 0))
    return rows


def _reading(
    patient: UUID, vital: Vital, value: float, at: datetime, *, history: bool
) -> StoredReading:
    return StoredReading(
        patient_id=patient,
        vital=vital,
        value=round(value, 1),
        quality=Quality.SCORED,
        effective=at,
        received_at=at + timedelta(seconds=30),
        precision=Precision.INSTANT,
        device=f"{vital}-1",
        value_received=f"{value:.1f}",
        unit_received=MEASURES[vital].unit,
        resource_id=uuid4(),
        resource_version=1,
        history=history,
    )


def _judge(session: Session, ward: Ward, person: Invented) -> None:
    patient, now = ward.patients[person.name], ward.now - person.judged_ago
    assessment = monitoring.service.assess(
        session, patient, now=now, rulebook=RULEBOOK, model=_model()
    )
    session.flush()
    raised = alerts.service.raise_from(session, assessment, now=now, policy=_policy())
    ward.alerts[person.name] = raised


def _settle(session: Session, now: datetime) -> None:
    """Do away with the work that seeding, or another test, left: nothing runs here to do it."""
    judged = select(LastJudged.patient_id).where(LastJudged.at >= now)  # many others are there
    waiting = visible_to(SYSTEM).where(Patient.id.not_in(judged))
    mark_judged(session, session.scalars(waiting).all(), now=now)
    session.execute(delete(Outbox).where(Outbox.state != State.DONE))
    for job in AUDITS:
        session.merge(ScheduledRun(job=job, period=f"{now:%Y-%m-%dT%H:%M}", ran_at=now))
    vouched = now + timedelta(minutes=2)
    session.merge(
        Round(period=f"{now:%Y-%m-%dT%H:%M}", began_at=now, completed_at=now, vouches_until=vouched)
    )
    session.add(
        Outbox(
            topic="assess",
            subject_id=uuid4(),
            state=State.DONE,
            next_try_at=now,
            created_at=now,
            done_at=now,
        )
    )
