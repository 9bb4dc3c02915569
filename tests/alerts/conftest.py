"""Invented people, findings and judgements for the tests of the response."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Protocol
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update

from alerts import policy_source, service
from alerts.notify.email import Mailer
from alerts.tables import Step
from core.outbox import Outbox
from core.security import Caller, Role
from core.vitals import Severity, Vital
from ingest import tables as people
from monitoring.findings import Assessment, Evidence, Finding, Problem, Spoken, Usual
from tests.people import called, clinician
from tests.told import Phone, phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiosmtpd.smtp import SMTP, Envelope
    from aiosmtpd.smtp import Session as SMTPSession
    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from core.database import Database

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def policy() -> Policy:
    source = Path(__file__).parents[2] / "alerts" / "policy.toml"
    return policy_source.read(tomllib.loads(source.read_text()))


class FindingMaker(Protocol):
    def __call__(
        self,
        severity: Severity = ...,
        *,
        problem: Problem = ...,
        rule: str = ...,
        at: datetime = ...,
        back_in_range: bool = ...,
        words: str = ...,
        evidence: tuple[Evidence, ...] = ...,
    ) -> Finding: ...


@pytest.fixture(scope="session")
def finding() -> FindingMaker:
    def make(
        severity: Severity = Severity.RED,
        *,
        problem: Problem = Problem.FLUID,
        rule: str = "HF-1",
        at: datetime = NOW,
        back_in_range: bool = False,
        words: str = "Weight 84.2 kg, usual 80-82, up 2.4 kg in 3 days",
        evidence: tuple[Evidence, ...] = (),
    ) -> Finding:
        return Finding(
            rule_id=rule,
            problem=problem,
            severity=severity,
            at=at,
            says=Spoken(words, "Your weight has gone up."),
            source="invented",
            confidence="V",
            vital=Vital.BODY_WEIGHT,
            value=84.2,
            limit=82.0,
            usual=Usual(81.0, 80.0, 82.0, 0.5, 20),
            evidence=evidence,
            back_in_range=back_in_range,
        )

    return make


@dataclass(frozen=True)
class Ward:
    """A patient, the team that looks after them, and two physicians and a nurse of it."""

    patient: UUID
    team: UUID
    manager: UUID
    colleague: UUID
    nurse: UUID

    def caller(self, practitioner: UUID, role: Role = Role.PHYSICIAN) -> Caller:
        return Caller("user", uuid4(), role, practitioner)

    @property
    def doctor(self) -> Caller:
        return self.caller(self.manager)


def build_ward(session: Session, *, name: str = "Edith Example", manager: bool = True) -> Ward:
    ward = Ward(*(uuid4() for _ in range(5)))
    session.add_all(
        [
            called(session, ward.patient, name, created=NOW),
            people.CareTeam(id=ward.team, name="Heart failure team"),
            clinician(session, ward.manager, "Dr Ahn", "ahn@example.org"),
            clinician(session, ward.colleague, "Dr Brown", "brown@example.org"),
            clinician(session, ward.nurse, "Nurse Cho", "cho@example.org"),
        ]
    )
    session.flush()
    roles = ((ward.manager, "physician"), (ward.colleague, "physician"), (ward.nurse, "nurse"))
    session.add_all(
        people.CareTeamParticipant(care_team_id=ward.team, practitioner_id=who, role=role)
        for who, role in roles
    )
    session.add(
        people.CareTeamPatient(
            care_team_id=ward.team,
            patient_id=ward.patient,
            care_manager_id=ward.manager if manager else None,
        )
    )
    session.flush()
    return ward


@pytest.fixture(scope="session")
def build() -> Callable[..., Ward]:
    return build_ward


@pytest.fixture
def committed(database: Database) -> Iterator[Ward]:
    """A ward that every connection sees; what it left waiting is taken back afterwards."""
    with database.transaction() as session:
        ward = build_ward(session)
    yield ward
    with database.transaction() as session:
        session.execute(update(Step).values(state="cancelled"))
        session.execute(update(Outbox).values(state="done"))


@pytest.fixture
def ward(session: Session) -> Ward:
    return build_ward(session)


class Raise(Protocol):
    def __call__(
        self,
        session: Session,
        patient: UUID,
        *findings: Finding,
        at: datetime = ...,
        assessment_id: UUID | None = ...,
    ) -> list[UUID]: ...


@pytest.fixture(scope="session")
def judged(policy: Policy) -> Raise:
    """Raise from an assessment that says just these findings at this time."""

    def act(
        session: Session,
        patient: UUID,
        *findings: Finding,
        at: datetime = NOW,
        assessment_id: UUID | None = None,
    ) -> list[UUID]:
        assessment = Assessment(str(patient), at, findings, None, "rulebook", "model")
        return service.raise_judged(
            session, assessment_id or uuid4(), assessment, now=at, policy=policy
        )

    return act


class Mailbox:
    """What a real SMTP server on loopback took; it refuses while `refusal` is set.

    While `unknown` is set, nobody's mailbox is there.
    """

    def __init__(self) -> None:
        self.received: list[tuple[list[str], bytes]] = []
        self.refusal = ""
        self.unknown = False

    async def handle_RCPT(  # noqa: N802 (aiosmtpd looks for this name)
        self,
        _server: SMTP,
        _session: SMTPSession,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self.unknown:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd looks for this name)
        self, _server: SMTP, _session: SMTPSession, envelope: Envelope
    ) -> str:
        if self.refusal:
            return self.refusal
        content = envelope.original_content or b""
        self.received.append((list(envelope.rcpt_tos), content))
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, Mailer]]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, Mailer("127.0.0.1", port, "Wardlight <w@ward.example>")
    controller.stop()


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Mailer]]:
    with mail_server() as both:
        yield both


@pytest.fixture
def telephone() -> Iterator[Phone]:
    with phone() as one:
        yield one
