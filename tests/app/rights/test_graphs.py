"""Whoever is in whichever team: no page names anybody else's patient (SEC-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.accounts.tables import AppUser
from core.security import Role, csrf_token
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient
from tests.app.rights.whole import BASE, ROLES, SECRET

if TYPE_CHECKING:
    from httpx2 import Response
    from sqlalchemy.orm import Session

    from tests.app.rights.whole import Whole

TEAMS = 3
PATIENTS = 8


@dataclass(frozen=True, slots=True)
class Graph:
    """Who is where: active teams, teams of each patient, my teams, whose care I manage."""

    active: tuple[bool, ...]
    of_patient: tuple[frozenset[int], ...]
    mine: frozenset[int]
    managed: frozenset[int]

    def visible(self, role: Role) -> set[int]:
        """Return which patients a person of a role may see, by this model alone."""
        alive = {team for team in range(TEAMS) if self.active[team]}
        seen = {p for p in range(PATIENTS) if self.of_patient[p] & self.mine & alive}
        seen |= {p for p in self.managed if self.of_patient[p]}
        if role is Role.SUPERVISOR:
            seen |= {p for p in range(PATIENTS) if not self.of_patient[p] & alive}
        return seen


some_teams = st.frozensets(st.integers(0, TEAMS - 1))
graphs = st.builds(
    Graph,
    st.tuples(*[st.booleans()] * TEAMS),
    st.tuples(*[some_teams] * PATIENTS),
    some_teams,
    st.frozensets(st.integers(0, PATIENTS - 1), max_size=2),
)


def arrange(session: Session, graph: Graph, patients: list[UUID], me: UUID) -> list[UUID]:
    """Put the teams of the graph in place of all others; return their ids."""
    session.execute(delete(CareTeamPatient).where(CareTeamPatient.patient_id.in_(patients)))
    session.execute(delete(CareTeamParticipant).where(CareTeamParticipant.practitioner_id == me))
    teams = [uuid4() for _ in range(TEAMS)]
    session.add_all(
        CareTeam(id=team, name=f"Team {n}", active=graph.active[n]) for n, team in enumerate(teams)
    )
    session.flush()
    session.add_all(
        CareTeamParticipant(care_team_id=teams[n], practitioner_id=me, role="") for n in graph.mine
    )
    session.add_all(
        CareTeamPatient(
            care_team_id=teams[n],
            patient_id=patients[p],
            care_manager_id=me if p in graph.managed else None,
        )
        for p, mine in enumerate(graph.of_patient)
        for n in mine
    )
    return teams


def pages(whole: Whole, role: Role, teams: list[UUID]) -> list[Response]:
    """Return what the application shows of everybody, and of each by their id."""
    client = TestClient(whole.web, base_url=BASE, follow_redirects=False)
    client.cookies.set("wardlight", whole.people[role])
    ids = whole.ward.patients.values()
    paths = ["/inbox", "/digest", "/patients", "/reports", "/rota"]
    paths += [f"/reports/{team}" for team in teams]
    paths += [f"/patients/{id_}" for id_ in ids]
    answers = [client.get(path) for path in paths]
    form = {"csrf": csrf_token(whole.people[role], key=SECRET)}
    alerts = [first for each in whole.ward.alerts.values() for first in each[:1]]
    answers += [client.post(f"/alerts/{id_}/undo", data=form) for id_ in alerts]
    assert all(answer.status_code != 500 for answer in answers)
    return answers


@given(graph=graphs, role=st.sampled_from(ROLES))
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_page_names_a_patient_of_nobody_s_team_sec_11(
    whole: Whole, graph: Graph, role: Role
) -> None:
    names = list(whole.ward.patients)
    with whole.database.undoing():
        with whole.database.transaction() as session:
            login = session.get_one(AppUser, whole.users[role])
            assert login.practitioner_id is not None
            patients = [whole.ward.patients[name] for name in names]
            teams = arrange(session, graph, patients, login.practitioner_id)
        answers = pages(whole, role, teams)

    everything = "".join(answer.text for answer in answers)
    shown = {n for n, name in enumerate(names) if name in everything}
    assert shown == graph.visible(role)
