"""The stream of the inbox: what it says, to whom, and when it ends."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import delete, select, update

import alerts.service
import app.pages.router
from alerts.tables import Alert
from app import lifeline
from app.accounts.service import revoke_sessions
from app.accounts.tables import AppUser, LoginSession
from app.pages.hub import MOST_OF_A_SESSION, Trail
from core.clock import utc_now
from core.security import Caller, Role, digest
from ingest.tables import CareTeamParticipant
from tests.app.conftest import SETTINGS, csrf
from tests.ward import PASSWORD, Ward, open_ward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from core.database import Database


LISTENING: list[threading.Thread] = []
ENTERED: list[httpx.Client] = []


@pytest.fixture
def ward(database: Database) -> Ward:
    return open_ward(database)


@pytest.fixture
def address(database: Database, ward: Ward) -> Iterator[str]:
    _ = ward
    web = FastAPI()
    app.pages.router.mount(web, database, SETTINGS)
    config = uvicorn.Config(web, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    lifeline.leaving.set()  # as `serve` does when it is asked to end: the streams end first
    server.should_exit = True
    thread.join(timeout=10)
    lifeline.leaving.clear()
    while LISTENING:
        LISTENING.pop().join(timeout=10)
    while ENTERED:
        ENTERED.pop().close()
    assert not thread.is_alive()


def until(true: Callable[[], Any], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def enter(address: str, username: str) -> httpx.Client:
    client = httpx.Client(base_url=address, timeout=20)
    ENTERED.append(client)
    token = csrf(client.get("/sign-in").text)
    fields = {"username": username, "password": PASSWORD, "csrf": token}
    assert client.post("/sign-in", data=fields).status_code == 303
    return client


class Heard:
    """What one open stream has said so far."""

    def __init__(self, client: httpx.Client, path: str, **headers: str) -> None:
        self.events: list[tuple[str, str]] = []
        self.comments = 0
        self.over = False
        self.headers: httpx.Headers | None = None
        self._ask = (client, path, headers)
        LISTENING.append(threading.Thread(target=self._listen, daemon=True))
        LISTENING[-1].start()

    def begun(self) -> Heard:
        """Return it once it is open: the hub says so at its next look."""
        until(lambda: self.of("alive") or self.over)
        return self

    def _listen(self) -> None:
        client, path, headers = self._ask
        kind, own = "", httpx.Client(base_url=client.base_url, cookies=client.cookies, timeout=30)
        with own, own.stream("GET", path, headers=headers) as answer:
            self.headers = answer.headers
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                self.comments += line.startswith(":")
                kind = value if name == "event" else kind
                if name.startswith("data"):
                    self.events.append((kind, value))
        self.over = True

    def of(self, kind: str) -> list[str]:
        return [data for each, data in self.events if each == kind]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for data in self.of("rows") for row in json.loads(data)["rows"]]


def live_since(client: httpx.Client, path: str = "/inbox/live") -> str:
    """Return the address by which a page that was read now follows what comes after it."""
    seen = client.get("/inbox").text.partition('data-seen="')[2].partition('"')[0]
    join = "&" if "?" in path else "?"
    return f"{path}{join}seen={seen}"


def hearing(client: httpx.Client, path: str = "/inbox/live") -> Heard:
    return Heard(client, live_since(client, path)).begun()


def person(ward: Ward) -> Caller:
    return Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)


def alert_of(database: Database, patient: UUID) -> UUID:
    with database.transaction() as session:
        return session.scalars(select(Alert.id).where(Alert.patient_id == patient)).all()[0]


def take(database: Database, ward: Ward, alert: UUID) -> None:
    with database.transaction() as session:
        alerts.service.acknowledge(session, person(ward), alert, now=utc_now())


def test_a_change_reaches_a_colleague_in_two_seconds_as_ids_alone_ux_04(
    database: Database, ward: Ward, address: str
) -> None:
    """SEC-24: nothing of the patient is in the stream."""
    patient = ward.patients["Oh Malsun"]
    alert = alert_of(database, patient)
    heard = hearing(enter(address, ward.colleague))
    started = time.monotonic()
    take(database, ward, alert)
    until(lambda: heard.rows)
    seconds = time.monotonic() - started

    assert seconds < 2
    [row] = [each for each in heard.rows if each["alert"] == str(alert)]
    assert set(row) == {"patient", "alert", "version", "tier", "waits", "new", "listed"}
    assert (row["patient"], row["waits"], row["new"]) == (str(patient), False, False)
    assert heard.headers is not None
    assert heard.headers["x-accel-buffering"] == "no"
    assert heard.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in heard.headers


def test_nobody_hears_of_another_teams_patient_sec_11(
    database: Database, ward: Ward, address: str
) -> None:
    other = hearing(enter(address, ward.outsider))
    own = hearing(enter(address, ward.username))
    take(database, ward, alert_of(database, ward.patients["Seo Insuk"]))
    until(lambda: own.rows)
    time.sleep(1.0)

    assert other.rows == []


def test_a_filter_says_whether_its_list_has_the_row(
    database: Database, ward: Ward, address: str
) -> None:
    client = enter(address, ward.username)
    heard = hearing(client, "/inbox/live?tier=red")
    take(database, ward, alert_of(database, ward.patients["Seo Insuk"]))
    until(lambda: heard.rows)

    assert [row["listed"] for row in heard.rows] == [False]


def test_who_comes_back_hears_what_they_missed(
    database: Database, ward: Ward, address: str
) -> None:
    client = enter(address, ward.username)
    seen = client.get("/inbox").text.partition('data-seen="')[2].partition('"')[0]
    alert = alert_of(database, ward.patients["Oh Malsun"])
    take(database, ward, alert)

    by_header = Heard(client, "/inbox/live?seen=0", **{"Last-Event-ID": seen}).begun()
    until(lambda: by_header.rows)
    by_page = Heard(client, f"/inbox/live?seen={seen}").begun()
    until(lambda: by_page.rows)

    assert {row["alert"] for row in by_header.rows} == {str(alert)}
    assert {row["alert"] for row in by_page.rows} == {str(alert)}


@pytest.mark.parametrize(
    ("what", "event"),
    [("sign-out", "over"), ("idle", "over"), ("role", "rights"), ("team", "rights")],
)
def test_an_open_stream_ends_with_its_session_and_with_each_right_sec_15(
    database: Database, ward: Ward, address: str, what: str, event: str
) -> None:
    client = enter(address, ward.username)
    heard = hearing(client)
    with database.transaction() as session:
        if what == "sign-out":
            assert ward.user_id is not None
            revoke_sessions(session, ward.user_id, now=utc_now())
        elif what == "idle":
            long_ago = utc_now().replace(year=2020)
            session.execute(update(LoginSession).values(last_seen_at=long_ago))
        elif what == "role":
            account = update(AppUser).where(AppUser.id == ward.user_id)
            session.execute(account.values(role=Role.NURSE))
        else:
            row = CareTeamParticipant
            mine = row.practitioner_id == ward.practitioner_id
            session.execute(delete(row).where(mine, row.care_team_id == ward.team))
    until(lambda: heard.over, within=3)

    assert heard.events[-1][0] == event


def test_following_keeps_no_session_alive_sec_07(
    database: Database, ward: Ward, address: str
) -> None:
    client = enter(address, ward.username)
    client.get("/inbox")
    mine = LoginSession.secret_digest == digest(client.cookies["wardlight"])
    hearing(client)
    with database.transaction() as session:
        before = session.scalars(select(LoginSession).where(mine)).one().last_seen_at
    time.sleep(1.2)
    with database.transaction() as session:
        after = session.scalars(select(LoginSession).where(mine)).one().last_seen_at

    assert before == after


def test_a_hundred_streams_leave_connections_and_threads_to_ordinary_pages(
    database: Database, ward: Ward, address: str
) -> None:
    clients = [enter(address, ward.username) for _ in range(100 // MOST_OF_A_SESSION)]
    path = live_since(clients[0])
    opened = [Heard(client, path) for client in clients for _ in range(4)]
    assert len([each.begun() for each in opened]) == 100
    other = enter(address, ward.colleague)

    started = time.monotonic()
    for _ in range(5):
        assert other.get("/inbox").status_code == 200
    seconds = (time.monotonic() - started) / 5

    assert database.engine.pool.checkedout() <= 1  # type: ignore[attr-defined]
    assert seconds < 2
    assert not any(each.over for each in opened)


def test_one_more_stream_than_a_browser_can_bear_ends_the_oldest(ward: Ward, address: str) -> None:
    client = enter(address, ward.username)
    opened = [hearing(client) for _ in range(MOST_OF_A_SESSION + 1)]

    until(lambda: opened[0].over)

    assert opened[0].events[-1][0] == "elsewhere"
    assert not any(each.over for each in opened[1:])


def test_a_number_that_comes_late_is_not_missed() -> None:
    """A transaction that began earlier may end later than one with a higher number."""
    trail = Trail(newest=10)

    trail._note({11, 14}, 0.0)
    assert sorted(trail.missing) == [12, 13]
    trail._note({12}, 1.0)
    assert (sorted(trail.missing), trail.newest) == ([13], 14)
    trail._note(set(), 100.0)

    assert trail.missing == {}


def test_a_stream_tells_nobody_who_belongs_to_another_team_sec_11(ward: Ward, address: str) -> None:
    client = enter(address, ward.username)

    assert client.get(f"/inbox/live?team={ward.other_team}").status_code == 422
