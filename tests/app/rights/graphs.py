"""Random care teams, memberships, grants and merges, and who may see whom by this model alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from fastapi.testclient import TestClient
from hypothesis import strategies as st
from sqlalchemy import delete, text

from alerts.noting.service import add_note
from app.accounts.tables import AppUser
from app.emergency.service import MAY
from core.clock import utc_now
from core.outbox import Outbox, State
from core.sealed_fields import seal
from core.security import SYSTEM, Caller, Role
from ingest.access.tables import EmergencyAccess
from ingest.binding.service import set_grant
from ingest.merging.service import merge
from ingest.numbers.repository import add
from ingest.people.tables import ClientPatient
from ingest.receipt import Kind, Name
from ingest.service import register_client
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient, Patient
from tests.app.rights.whole import BASE, OTHER, OWN, PUBLIC, SCOPES
from tests.door import heart_rate
from tests.plans import give_plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from tests.app.rights.whole import Whole

TEAMS, PATIENTS = 3, 8
NUMBERS = "https://clinic.example/mrn"

# Places in addresses whose ids are of accounts and integrations, not of somebody watched.
NOT_OF_PEOPLE = ("user_id", "client_id")


@dataclass(frozen=True, slots=True)
class Graph:
    """Who is where: active teams, teams of each patient, my teams, whose care I manage.

    `granted` are the patients that a device may speak for, `merged` who stands for whom; `opened`
    those whom I have open in an emergency now, and `lapsed` those whom I had, if I may open any.
    """

    active: tuple[bool, ...]
    of_patient: tuple[frozenset[int], ...]
    mine: frozenset[int]
    managed: frozenset[int]
    granted: frozenset[int]
    merged: tuple[tuple[int, int], ...]
    opened: frozenset[int]
    lapsed: frozenset[int]

    def visible(self, who: str) -> set[int]:
        """Return which records somebody may see."""
        if who == "client":
            return self._whole(self.granted)
        alive = {team for team in range(TEAMS) if self.active[team]}
        seen = {p for p in range(PATIENTS) if self.of_patient[p] & self.mine & alive}
        seen |= {p for p in self.managed if self.of_patient[p]}
        found = self._whole(seen | (self.opened if who in MAY else frozenset()))
        if who == Role.SUPERVISOR:
            taken = {p for p in range(PATIENTS) if self.of_patient[p] & alive}
            found |= set(range(PATIENTS)) - self._whole(taken)
        return found

    def hidden(self, who: str) -> set[int]:
        """Return all others."""
        return set(range(PATIENTS)) - self.visible(who)

    def _whole(self, seen: Iterable[int]) -> set[int]:
        found = set(seen)
        for pair in self.merged:
            found |= set(pair) if found & set(pair) else set()
        return found


some_teams = st.frozensets(st.integers(0, TEAMS - 1), max_size=2)
some_one = st.frozensets(st.integers(0, PATIENTS - 1), max_size=1)
some_people = st.frozensets(st.integers(0, PATIENTS - 1), max_size=3)
pairs = st.permutations(range(PATIENTS)).map(lambda p: ((p[0], p[1]), (p[2], p[3])))
graphs = st.builds(
    Graph,
    st.tuples(*[st.booleans()] * TEAMS),
    st.tuples(*[some_teams] * PATIENTS),
    some_teams,
    some_people,
    some_people,
    st.tuples(pairs, st.integers(0, 2)).map(lambda both: both[0][: both[1]]),
    some_one,
    some_one,
)


@dataclass(frozen=True, slots=True)
class World:
    """The ward with something of everything about everybody, each of it under a canary."""

    whole: Whole
    names: tuple[str, ...]
    patients: tuple[UUID, ...]

    @classmethod
    def of(cls, whole: Whole) -> World:
        """Give every person a number, a plan, a note, a visit, a delivery and an Observation."""
        names = tuple(whole.ward.patients)
        world = cls(whole, names, tuple(whole.ward.patients[name] for name in names))
        with whole.database.transaction() as session:
            for n, patient in enumerate(world.patients):
                world._furnish(session, n, patient)
            session.flush()  # nothing runs here that would do what this asks for
            session.execute(delete(Outbox).where(Outbox.state != State.DONE))
        world.send(range(PATIENTS), 72)
        return world

    def _furnish(self, session: Session, n: int, patient: UUID) -> None:
        alert = next(iter(self.whole.ward.alerts[self.names[n]]), None)
        if alert is not None:
            self._find(session, self.names[n])
            author = Caller("system", None)
            add_note(session, author, alert, f"noted {self.canary(n)}", now=utc_now())
        add(session, {Name(Kind.PATIENT, NUMBERS, self.canary(n)): patient})
        if self.names[n] == OTHER:  # until a graph says whose they are
            session.add(CareTeamPatient(care_team_id=self.whole.ward.team, patient_id=patient))
            session.flush()
        if self.names[n] != OWN:  # who has one from the ward
            give_plan(session, self.whole.ward, patient)

    def _find(self, session: Session, name: str) -> None:
        known = {OWN: "own", OTHER: "other"}.get(name)
        if known is None:
            self.whole.find(session, name, name)
            return
        ids = self.whole.ids
        ids |= {(what, name): id_ for (what, whose), id_ in ids.items() if whose == known}

    def canary(self, n: int) -> str:
        """Return a number that nobody else has, and that stands in what is written of somebody."""
        return f"MRN{self.patients[n].hex[:12]}"

    def ids(self, n: int) -> set[str]:
        """Return every id and word by which somebody would be known."""
        of = {
            id_
            for (what, whose), id_ in self.whole.ids.items()
            if whose == self.names[n] and what not in NOT_OF_PEOPLE
        }
        own = {str(self.patients[n]), self.names[n], self.canary(n)}
        return (of - self.teams()) | own | set(map(str, self.whole.ward.alerts[self.names[n]]))

    def teams(self) -> set[str]:
        """Return the teams, which are nobody's secret."""
        return {str(self.whole.ward.team), str(self.whole.ward.other_team)}

    def send(self, whom: Iterable[int], value: float) -> None:
        """Let a device of the site send one Observation of each."""
        with self.whole.database.transaction() as session:
            name = f"site-{uuid4()}"
            client = register_client(session, name, SCOPES, {"keys": [PUBLIC]}, now=utc_now())
        http = TestClient(self.whole.web, base_url=BASE)
        token = {"Authorization": f"Bearer {self.whole.token_of(client)}"}
        at = f"{utc_now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        for n in whom:
            note = [{"text": f"sent {self.canary(n)}"}]
            about = f"Patient/{self.patients[n]}"
            body = heart_rate(about, value, effectiveDateTime=at, note=note)
            kind = {"Content-Type": "application/fhir+json"}
            answer = http.post("/fhir/Observation", content=json.dumps(body), headers=token | kind)
            assert answer.status_code == 201, answer.text

    def arrange(self, graph: Graph, role: Role) -> list[UUID]:
        """Put the teams, merges and grants of a graph in place of all others; return the teams."""
        teams = [uuid4() for _ in range(TEAMS)]
        with self.whole.database.transaction() as session:
            me = session.get_one(AppUser, self.whole.users[role]).practitioner_id
            assert me is not None
            _clear(session, self.patients, me)
            _staff(session, graph, teams, me)
            _admit(session, graph, self.patients, teams, me)
            for head, other in graph.merged:
                people = self.patients[head], self.patients[other]
                merge(session, SYSTEM, *people, reason="one person", now=utc_now())
            if role in MAY:  # who reviews what others opened reads there of whom it was
                _open(session, graph, self.patients, self.whole.users[role])
            for n in graph.granted:
                pair = (self.whole.client, self.patients[n])
                set_grant(session, SYSTEM, pair, granted=True, now=utc_now())
        return teams

    def trouble(self, whom: set[int]) -> None:
        """Change everything about some people: whoever may not see them must notice nothing."""
        ids = [self.patients[n] for n in sorted(whom)]
        if not ids:
            return
        with self.whole.database.transaction() as session:
            for id_ in ids:
                row = session.get_one(Patient, id_)
                row.name = seal(session, Patient.name, "Somebody Else", id=id_)
            for change in _CHANGES:
                session.execute(text(change), {"ids": ids})
        self.send(sorted(whom), 71)


_CHANGES = (
    (
        "update alert set state = 'acknowledged', severity = 'INFO', version = version + 1"
        " where patient_id = any(:ids)"
    ),
    "delete from reading where patient_id = any(:ids)",
    "update appointment set status = 'cancelled' where patient_id = any(:ids)",
    "update assessment set severity = 'INFO', findings = '[]' where patient_id = any(:ids)",
)


def _clear(session: Session, patients: Iterable[UUID], me: UUID) -> None:
    ids = list(patients)
    session.execute(delete(CareTeamPatient).where(CareTeamPatient.patient_id.in_(ids)))
    session.execute(delete(CareTeamParticipant).where(CareTeamParticipant.practitioner_id == me))
    session.execute(delete(ClientPatient).where(ClientPatient.patient_id.in_(ids)))


def _staff(session: Session, graph: Graph, teams: list[UUID], me: UUID) -> None:
    session.add_all(
        CareTeam(id=team, name=f"Team {n}", active=graph.active[n]) for n, team in enumerate(teams)
    )
    session.flush()
    session.add_all(
        CareTeamParticipant(care_team_id=teams[n], practitioner_id=me, role="") for n in graph.mine
    )


def _open(session: Session, graph: Graph, patients: tuple[UUID, ...], user: UUID) -> None:
    """Open whom a graph says in an emergency; of the lapsed the hour has not passed, but ended."""
    now = utc_now()
    session.add_all(
        EmergencyAccess(
            id=uuid4(), user_id=user, patient_id=patients[n], reason="emergency", text=b"",
            began_at=now, until=now + timedelta(hours=1), review=b"",
            ended_at=None if n in graph.opened else now,
        )
        for n in graph.opened | graph.lapsed
    )  # fmt: skip


def _admit(
    session: Session, graph: Graph, patients: tuple[UUID, ...], teams: list[UUID], me: UUID
) -> None:
    session.add_all(
        CareTeamPatient(
            care_team_id=teams[n],
            patient_id=patients[p],
            care_manager_id=me if p in graph.managed else None,
        )
        for p, theirs in enumerate(graph.of_patient)
        for n in theirs
    )
