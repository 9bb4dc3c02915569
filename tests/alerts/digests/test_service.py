from __future__ import annotations

import copy
import random
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from alerts import policy_source, service
from alerts.notify.failure import DeliveryError
from alerts.notify.outlets import Outlets
from alerts.tables import Alert, AlertEvent, Delivery, Digest
from core.outbox import Outbox, Topic
from core.vitals import Severity
from ingest import tables as people
from monitoring.findings import Assessment, Problem
from tests.alerts.messages import HERE
from tests.people import called

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from alerts.policy import Policy
    from monitoring.findings import Finding
    from tests.alerts.conftest import FindingMaker, Mailbox, Ward

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SOURCE = tomllib.loads((Path(__file__).parents[3] / "alerts" / "policy.toml").read_text())
AT_ONCE = [{"after_minutes": 0, "to": "responsible", "channels": ["inbox"]}]


def budgeted(amber: int, yellow: int) -> Policy:
    """Return the policy with these budgets, and every tier told to one person at once."""
    source = copy.deepcopy(SOURCE) | {"budget": {"AMBER": amber, "YELLOW": yellow}}
    for tier in ("AMBER", "YELLOW"):
        source["tiers"][tier]["steps"] = AT_ONCE
    return policy_source.read(source)


def another(session: Session, ward: Ward) -> UUID:
    """Enrol one more patient of the same manager."""
    who = uuid4()
    session.add(called(session, who, f"Person {who.hex[:6]}", created=NOW))
    session.flush()
    session.add(
        people.CareTeamPatient(care_team_id=ward.team, patient_id=who, care_manager_id=ward.manager)
    )
    session.flush()
    return who


def open_one(
    session: Session, patient: UUID, finding: Finding, policy: Policy, at: datetime
) -> UUID:
    assessment = Assessment(str(patient), at, (finding,), None, "rulebook", "model")
    (alert,) = service.raise_judged(session, uuid4(), assessment, now=at, policy=policy)
    return alert


def sent_to(session: Session, alert: UUID) -> set[tuple[str, str]]:
    rows = select(Delivery.recipient, Delivery.state).where(Delivery.alert_id == alert)
    return {(row.recipient, row.state) for row in session.execute(rows)}


def reasons(session: Session, alert: UUID) -> set[str]:
    return set(session.scalars(select(AlertEvent.reason).where(AlertEvent.alert_id == alert)))


@pytest.mark.parametrize("seed", range(4))
def test_in_a_flood_delivered_digested_and_open_equal_the_findings_al_17(
    session: Session, ward: Ward, finding: FindingMaker, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 (the same flood every time)
    amber, yellow = rng.randint(1, 4), rng.randint(1, 4)
    policy, manager = budgeted(amber, yellow), f"practitioner:{ward.manager}"
    patients = [ward.patient, *(another(session, ward) for _ in range(3))]
    cases = [(who, problem) for who in patients for problem in (Problem.FLUID, Problem.RHYTHM)]
    cases += [(who, problem) for who in patients for problem in (Problem.GLUCOSE, Problem.DECLINE)]
    tiers = {case: rng.choice(["RED", "AMBER", "YELLOW", "DQ"]) for case in cases}
    alerts = {
        open_one(
            session, who, finding(Severity(tiers[who, problem]), problem=problem), policy, NOW
        ): Severity(tiers[who, problem])
        for who, problem in rng.sample(cases, len(cases))
    }

    told: Counter[tuple[Severity, str]] = Counter()
    for alert, severity in alerts.items():
        sent = sent_to(session, alert)
        if (manager, "in-digest") in sent:
            told[severity, "digest"] += 1
        elif any(recipient == manager for recipient, _ in sent):
            told[severity, "person"] += 1
        elif (f"team:{ward.team}", "delivered") in sent:
            told[severity, "team"] += 1
        else:
            assert sent == {("support", "delivered")}
            told[severity, "support"] += 1

    many = Counter(alerts.values())
    assert sum(told.values()) == len(alerts)
    assert told[Severity.RED, "person"] == many[Severity.RED]
    assert told[Severity.DQ, "support"] == many[Severity.DQ]
    assert told[Severity.AMBER, "person"] == min(amber, many[Severity.AMBER])
    assert told[Severity.AMBER, "team"] == max(0, many[Severity.AMBER] - amber)
    assert told[Severity.YELLOW, "person"] == min(yellow, many[Severity.YELLOW])
    assert told[Severity.YELLOW, "digest"] == max(0, many[Severity.YELLOW] - yellow)
    states = session.scalars(select(Alert.state).where(Alert.id.in_(alerts)))
    assert set(states) == {"open"}


@pytest.fixture
def flooded(session: Session, ward: Ward, finding: FindingMaker) -> list[UUID]:
    """Return three YELLOW alerts of a person whose budget is one."""
    policy = budgeted(1, 1)
    return [
        open_one(session, who, finding(Severity.YELLOW), policy, NOW)
        for who in (ward.patient, another(session, ward), another(session, ward))
    ]


def compose(session: Session, at: datetime) -> int:
    return service.compose_digests(session, now=at, policy=budgeted(1, 1))


def test_what_goes_beyond_the_budget_says_so_on_the_timeline_al_17(
    session: Session, flooded: list[UUID]
) -> None:
    first, *others = flooded

    assert "daily-budget-reached-in-digest" not in reasons(session, first)
    for alert in others:
        assert "daily-budget-reached-in-digest" in reasons(session, alert)


def test_an_amber_beyond_the_budget_is_shown_to_the_team_and_says_so_al_17(
    session: Session, ward: Ward, finding: FindingMaker
) -> None:
    policy = budgeted(1, 1)
    open_one(session, ward.patient, finding(Severity.AMBER), policy, NOW)

    second = open_one(session, another(session, ward), finding(Severity.AMBER), policy, NOW)

    assert sent_to(session, second) == {(f"team:{ward.team}", "delivered")}
    assert "daily-budget-reached-team-told" in reasons(session, second)


@pytest.mark.usefixtures("flooded")
def test_the_budget_is_of_a_day_and_the_next_one_begins_anew(
    session: Session, ward: Ward, finding: FindingMaker
) -> None:
    tomorrow = NOW + timedelta(days=1)
    alert = open_one(
        session,
        another(session, ward),
        finding(Severity.YELLOW, at=tomorrow),
        budgeted(1, 1),
        tomorrow,
    )

    assert sent_to(session, alert) == {(f"practitioner:{ward.manager}", "delivered")}


def test_the_digest_comes_once_a_day_at_its_hour_and_holds_what_is_still_open_al_17(
    session: Session, ward: Ward, flooded: list[UUID]
) -> None:
    session.execute(update(Alert).where(Alert.id == flooded[1]).values(state="resolved"))
    morning = NOW.replace(hour=7, minute=30) + timedelta(days=1)

    # It was after the hour already when they came: today's digest takes them at once.
    assert compose(session, NOW) == 1
    assert [compose(session, at) for at in (NOW, morning)] == [0, 0]
    (digest,) = session.scalars(select(Digest).where(Digest.practitioner_id == ward.manager))
    assert (digest.items, digest.day) == (1, NOW.date())
    assert sent_to(session, flooded[2]) == {(f"practitioner:{ward.manager}", "delivered")}
    assert "told-in-the-digest" in reasons(session, flooded[2])


@pytest.mark.usefixtures("flooded")
def test_what_comes_after_the_days_digest_waits_for_the_next_morning(
    session: Session, ward: Ward, finding: FindingMaker
) -> None:
    compose(session, NOW)
    later = open_one(session, another(session, ward), finding(Severity.YELLOW), budgeted(1, 1), NOW)
    early = NOW.replace(hour=7, minute=29) + timedelta(days=1)

    assert [compose(session, at) for at in (NOW, early)] == [0, 0]
    assert sent_to(session, later) == {(f"practitioner:{ward.manager}", "in-digest")}
    assert compose(session, early + timedelta(minutes=1)) == 1


def test_a_digest_that_cannot_be_made_keeps_nobody_else_from_theirs_al_17_rel_27(
    session: Session, build: Callable[..., Ward], finding: FindingMaker
) -> None:
    broken, sound = wards = build(session), build(session)
    for ward in wards:
        for patient in (ward.patient, another(session, ward)):
            open_one(session, patient, finding(Severity.YELLOW), budgeted(1, 1), NOW)
    of_broken = select(Delivery.alert_id).where(
        Delivery.recipient == f"practitioner:{broken.manager}"
    )
    session.execute(update(Alert).where(Alert.id.in_(of_broken)).values(policy={"tiers": "gone"}))
    session.expire_all()

    assert compose(session, NOW) == 1
    assert digest_of(session, sound).items == 1


def digest_of(session: Session, ward: Ward) -> Digest:
    row = select(Digest).where(Digest.practitioner_id == ward.manager)
    return session.scalars(row.execution_options(populate_existing=True)).one()


@pytest.mark.usefixtures("flooded")
def test_one_e_mail_without_patient_data_announces_a_digest_sec_23(
    session: Session, ward: Ward, mailbox: tuple[Mailbox, Mailer]
) -> None:
    box, mailer = mailbox
    compose(session, NOW)
    work = session.scalars(
        select(Outbox.subject_id).where(Outbox.topic == Topic.DIGEST, Outbox.state == "open")
    ).all()

    for _ in range(2):
        service.send_digest(
            session,
            digest_of(session, ward).id,
            now=NOW,
            outlets=Outlets(mailer=mailer),
            addresses=HERE,
        )

    assert digest_of(session, ward).id in work
    ((to, content),) = box.received
    assert to == ["ahn@example.org"]
    assert b"https://ward.example.org/digest" in content
    for secret in (b"Edith", b"Example", b"Weight", b"84.2"):
        assert secret not in content
    assert digest_of(session, ward).mailed_at == NOW


@pytest.mark.usefixtures("flooded")
def test_without_a_mail_server_the_digest_is_in_the_inbox_and_says_why(
    session: Session, ward: Ward
) -> None:
    compose(session, NOW)

    service.send_digest(
        session, digest_of(session, ward).id, now=NOW, outlets=Outlets(), addresses=HERE
    )

    assert digest_of(session, ward).not_mailed == "no-mail-server"


@pytest.mark.usefixtures("flooded")
def test_a_mail_server_that_refuses_leaves_the_work_to_be_tried_again(
    session: Session, ward: Ward, mailbox: tuple[Mailbox, Mailer]
) -> None:
    box, mailer = mailbox
    box.refusal = "451 later"
    compose(session, NOW)

    with pytest.raises(DeliveryError):
        service.send_digest(
            session,
            digest_of(session, ward).id,
            now=NOW,
            outlets=Outlets(mailer=mailer),
            addresses=HERE,
        )

    assert digest_of(session, ward).mailed_at is None
