"""Whoever is in whichever team: nothing that is not theirs shows, in no answer of any route.

Each example asks everything twice, the second time after all that the asker may not see was
changed: names, alerts, readings, visits, one Observation more. Whatever differs, a count or one
word, would tell of them; so would an id or a canary of theirs anywhere in an answer (SEC-11).

Asked are every route by GET, the acts on an alert by POST, searches by GET, by POST and within a
batch, what the stream would say, and the files of an export; by whoever has somebody open in an
emergency too. Not asked are other acts.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from alerts.surveying import repository as surveying
from app.accounts.service import signed_in
from app.bulk import exporting
from app.bulk.tables import BulkExport, ExportState
from app.pages.looking import follower, rows_for
from app.pages.showing import Filter
from core.clock import utc_now
from core.security import Caller, Role, csrf_token, digest
from core.settings import Environment, Settings
from ingest.repository import raise_wall
from tests.app.rights.graphs import PATIENTS, Graph, World, graphs
from tests.app.rights.searched import posted, searches, settled
from tests.app.rights.whole import BASE, ROLES, SECRET, routes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.app.rights.whole import Whole

CALM = settings(
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Each asks some two hundred times; the first hides everybody, the others whom chance hides.
FEW, FEWER = settings(CALM, max_examples=3), settings(CALM, max_examples=2)
Answers = dict[str, str]
choices = st.integers(0, PATIENTS - 1)
# Never ends; whose rows it names is asked of what writes it, below.
STREAM = "/inbox/live"
# What they say is of the program, the same for everybody; and files.
OF_NOBODY = (
    *("/api", "/openapi.json", "/healthz", "/readyz", "/metrics", "/static", "/design"),
    *("/sign-in", "/fhir/metadata"),
)
ABOUT_ONE = re.compile(r"\{(patient_id|alert_id|id_)\}")


@pytest.fixture(scope="module")
def world(whole: Whole) -> World:
    return World.of(whole)


@dataclass(slots=True)
class Asker:
    """Somebody who asks every route there is, of everybody and of one person by all their ids."""

    world: World
    who: str
    one: int
    hidden: bool  # the one, from who asks
    seen: int | None = None  # somebody of theirs, whose pages must tell of nobody else

    def everything(self, teams: list[UUID]) -> Answers:
        """Return the answers by request; nothing that they wrote stays."""
        answers: Answers = {}
        with self._undone():
            http = self._browser() if self.who != "client" else self._device()
            for method, address, path in self._addresses(teams):
                form = self._form() if method == "POST" and self.who != "client" else None
                answer = http.request(method, address, data=form)
                assert answer.status_code != 500, address
                answers[f"{method} {address}"] = f"{answer.status_code} {settled(answer.text)}"
                if self.hidden and ABOUT_ONE.search(path) and self._of_one(address):
                    assert answer.status_code in (401, 403, 404, 422), address
            if self.who == "client":
                answers |= posted(http, self.world.patients[self.one]) | self._exported(http)
            else:
                answers |= self._heard()
        return answers

    @contextmanager
    def _undone(self) -> Iterator[None]:
        connection = self.world.whole.database.connection
        assert connection is not None
        inner = connection.begin_nested()
        try:
            yield
        finally:
            inner.rollback()

    def _browser(self) -> TestClient:
        http = TestClient(self.world.whole.web, base_url=BASE, follow_redirects=False)
        http.cookies.set("wardlight", self.world.whole.people[self.who])
        return http

    def _device(self) -> TestClient:
        held = {"Authorization": f"Bearer {self.world.whole.token}"}
        return TestClient(self.world.whole.web, base_url=BASE, headers=held)

    def _form(self) -> dict[str, str]:
        return {"csrf": csrf_token(self.world.whole.people[self.who], key=SECRET)}

    def _addresses(self, teams: list[UUID]) -> Iterator[tuple[str, str, str]]:
        for method, path in routes(self.world.whole.web):
            if path == STREAM or path.startswith(OF_NOBODY) or not self._concerns(method, path):
                continue
            yield method, self.world.whole.address(path, self.world.names[self.one]), path
            if self.seen is not None and method == "GET" and ABOUT_ONE.search(path):
                yield method, self.world.whole.address(path, self.world.names[self.seen]), ""
        if self.who == "client":
            yield from (("GET", address, "") for address in searches(self.world, self.one))
            return
        yield from (("GET", f"/reports/{team}", "") for team in teams)
        yield "GET", f"/patients/{self.world.patients[self.one]}?units=metric", ""

    def _concerns(self, method: str, path: str) -> bool:
        if path.startswith("/fhir") != (self.who == "client"):
            return False
        return method == "GET" or (method == "POST" and "{alert_id}" in path)

    def _of_one(self, address: str) -> bool:
        return any(word in address for word in self.world.ids(self.one))

    def _heard(self) -> Answers:
        """Return what the stream says when every line of every timeline is new."""
        secret = self.world.whole.people[self.who]
        with self.world.whole.database.transaction() as session:
            login = signed_in(session, secret, now=utc_now(), present=False)
            assert login is not None
            each = follower(session, digest(secret), login.caller, Filter())
            rows = rows_for(session, each, surveying.changed(session, 0))
            return {STREAM: str(sorted(map(str, rows)))}

    def _exported(self, http: TestClient) -> Answers:
        """Return the files of a whole export, after the worker's part of it."""
        begun = http.get("/fhir/Patient/$export", headers={"Prefer": "respond-async"})
        assert begun.status_code == 202, begun.text
        with self.world.whole.database.transaction() as session:
            export = session.query(BulkExport).order_by(BulkExport.started_at.desc()).first()
            assert export is not None
            export.transaction_time = utc_now()
            while export.state != ExportState.DONE:
                exporting.step(session, export.id, now=utc_now(), settings=SITE)
        place = f"/fhir/$export/{export.id}"
        manifest = http.get(place).json()
        files = {each["type"]: http.get(each["url"]).text for each in manifest["output"]}
        counts = {each["type"]: each["count"] for each in manifest["output"]}
        return {f"export {kind}": f"{counts[kind]} {settled(files[kind])}" for kind in files}


SITE = Settings(environment=Environment.TEST, base_url=BASE)


@contextmanager
def arranged(world: World, graph: Graph, who: str) -> Iterator[list[UUID]]:
    """Let a graph hold, and the clock of the pages stand still; both are undone."""
    world.whole.clock.at = utc_now()
    try:
        with world.whole.database.undoing():
            yield world.arrange(graph, Role(who) if who in ROLES else Role.NURSE)
    finally:
        world.whole.clock.at = None


@given(graph=graphs, choice=choices, role=st.sampled_from(ROLES))
@FEW
def test_no_page_tells_of_anybody_elses_patient_sec_11_sec_12(
    world: World, graph: Graph, choice: int, role: Role
) -> None:
    notice_nothing(world, graph, choice, role)


@given(graph=graphs, choice=choices)
@FEWER
def test_no_interface_tells_of_anybody_elses_patient_sec_11_sec_12(
    world: World, graph: Graph, choice: int
) -> None:
    notice_nothing(world, graph, choice, "client")


def notice_nothing(world: World, graph: Graph, choice: int, who: str) -> None:
    """Ask everything twice, with everything about the hidden changed in between."""
    hidden = graph.hidden(who)
    one = sorted(hidden)[choice % len(hidden)] if hidden else choice
    seen = min(graph.visible(who), default=None)
    asker = Asker(world, who, one, hidden=bool(hidden), seen=seen)
    with arranged(world, graph, who) as teams:
        before = asker.everything(teams)
        world.trouble(hidden)
        after = asker.everything(teams)

    told = {
        request: word
        for request, answer in before.items()
        for n in hidden
        for word in world.ids(n)
        if word in answer and word not in request
    }
    assert not told
    differing = {each for each in before if before[each] != after[each]}
    assert not differing, _first(before, after, differing)


def _first(before: Answers, after: Answers, differing: set[str]) -> str:
    """Return the places where answers came to differ."""
    said = []
    for request in sorted(differing):
        one, other = before[request], after[request]
        at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
        near = slice(max(0, at - 80), at + 80)
        said.append(f"{request}: …{one[near]}… / …{other[near]}…")
    return "\n".join(said)


@given(graph=graphs, role=st.sampled_from(ROLES))
@FEW
def test_ones_own_patients_do_show_sec_11(world: World, graph: Graph, role: Role) -> None:
    """The other half: a filter that hid everybody would tell of nobody either."""
    with arranged(world, graph, role):
        listed = Asker(world, role, 0, hidden=False)._browser().get("/patients").text

    heads = {n for n in graph.visible(role) if n not in {other for _, other in graph.merged}}
    assert {n for n, name in enumerate(world.names) if name in listed} == heads


@given(graph=graphs, role=st.sampled_from(ROLES))
@settings(CALM, max_examples=8)
def test_the_second_wall_shows_whom_a_graph_shows_and_nobody_else_sec_11(
    world: World, graph: Graph, role: Role
) -> None:
    database = world.whole.database
    with arranged(world, graph, role), database.transaction() as session:
        raise_wall(session, Caller("user", world.whole.users[role], role))
        seen = set(session.scalars(text("select id from patient")))
        alerts = set(session.scalars(text("select patient_id from alert")))

    mine = {world.patients[n] for n in graph.visible(role)}
    assert seen & set(world.patients) == mine
    assert alerts & set(world.patients) <= mine
