"""Nothing of a person is anywhere but in the database, the audit and who may read it (SEC-20).

One person made of canaries goes through a whole running system and through its faults. Then the
system is stopped, and everything is searched that it wrote, sent, queued or lets anybody read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import psutil
import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy import func, select

from alerts.tables import Alert
from core.embedded import servers
from core.settings import Environment, Settings
from ingest.tables import StoredReading
from tests.canaries.hunting import Hunter, files, keys, letters, overheard
from tests.canaries.person import (
    BORN,
    CANARIES,
    DOCTORS_CHAT,
    DOCTORS_NOTE,
    FAILS,
    LACKS,
    LATER,
    NOTE,
    PHONE,
    RED,
    REFUSED,
    REFUSES,
    SEALED,
    SECRET,
    SURNAME,
    WEIGHT,
    Led,
    broken,
    led,
    read_by_those_who_may,
    refused,
    searched_by_name,
    signed_in_wrongly,
)
from tests.provider import Post, Provider, provider
from tests.running_system import System, running_system, until

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.processes
APP, FAILED = b" -m app ", b"row failed"
OF_NOBODY = ("1", "4", "5")  # the databases that PostgreSQL keeps beside ours
HUNTER, SEALS = Hunter.of(CANARIES), Hunter.of(SEALED)
PUBLIC = (
    *("/openapi.json", "/fhir/metadata", "/.well-known/smart-configuration", "/healthz"),
    *("/readyz", "/metrics", "/sign-in", "/api"),
)
POSTED = {"text to the doctor", "text to the patient", "chat", "hook"}


@dataclass(slots=True)
class Searched:
    """What was gathered, by its place; and what was answered to those who may read."""

    places: dict[str, bytes] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    searches: list[int] = field(default_factory=list)
    link: str = ""
    dump: dict[str, bytes] = field(default_factory=dict)
    on_disk: dict[str, bytes] = field(default_factory=dict)


def open_red(system: System, patient: UUID) -> UUID | None:
    query = select(Alert.id).where(Alert.patient_id == patient, Alert.severity == "RED")
    with system.database.transaction() as session:
        return session.scalar(query)


def arrived(system: System, patient: UUID, value: str) -> int:
    mine = (StoredReading.patient_id == patient, StoredReading.value == float(value))
    with system.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(StoredReading).where(*mine)) or 0


def posted(post: Post) -> bytes:
    """Return a post without the one number that a gateway needs to send a text to its owner."""
    body = json.loads(post.body)
    if body.get("to") == PHONE:
        del body["to"]
    return f"{post.path} {json.dumps(post.headers)} {json.dumps(body)}".encode()


def addresses(answer: httpx.Response) -> bytes:
    """Return what an answer to somebody who may read it leaves in histories and logs (SEC-24).

    The link that calls somebody's telephone is opened by the telephone alone.
    """
    linked = re.findall(r'(?:href|action|src|hx-[a-z]+)="(?!tel:)([^"]*)"', answer.text)
    ways = [f"{each.url} {each.headers}" for each in (*answer.history, answer)]
    return "\n".join([*ways, *linked]).encode()


def processes(system: System) -> dict[str, bytes]:
    """Return the command line and the environment of each process."""
    found = {}
    for process in psutil.Process(system.process.pid).children(recursive=True):
        try:
            said = " ".join([*process.cmdline(), *map("=".join, process.environ().items())])
        except psutil.Error:  # it has ended meanwhile
            continue
        found[f"process {process.pid}"] = said.encode()
    return found


def through_faults(system: System, person: Led, owner_url: str) -> dict[str, int]:
    """Send what is refused, fail at the door and behind it, kill the workers."""
    answers = refused(person)
    answers["wrong sign-in"] = signed_in_wrongly(system).status_code
    with broken(owner_url, REFUSES):
        answers["a row that is refused"] = person.sent("weight", REFUSED).status_code
    with broken(owner_url, FAILS):
        crashed = person.sent("weight", REFUSED)
    assert HUNTER.hits({"5xx": crashed.content}) == []
    with broken(owner_url, LACKS):
        person.measured("spo2", LATER)
        until(lambda: FAILED in system.log.read_bytes(), within=40, what="a worker that fails")
    assert system.kill("app worker") > 0
    assert arrived(system, person.patient, LATER) == 1
    until(lambda: system.children("app worker"), within=40, what="the workers are back")
    return answers | {"crashed": crashed.status_code}


def led_through(system: System, ways: Provider, owner_url: str) -> Searched:
    """Lead the person through all of it, and gather what can be read only while it runs."""
    found = Searched()
    person = led(system, f"{ways.url}/hook")
    person.measured("weight", WEIGHT)
    person.measured("spo2", RED)
    alert = until(lambda: open_red(system, person.patient), within=60, what="a RED alert")
    until(lambda: set(map(kind, ways.came)) >= POSTED, within=60, what="texts, a chat, a hook")
    until(lambda: system.postbox.letters, within=60, what="an e-mail")
    read = read_by_those_who_may(person, alert)
    found.read = [each.text for each in read]
    found.answers = through_faults(system, person, owner_url)
    found.searches = searched_by_name(person)
    text = next(each.said["text"] for each in ways.came if kind(each) == "text to the patient")
    found.link = str(text).rpartition("/m/")[2]
    read.append(system.browser().get(f"/m/{found.link}"))
    found.places |= {f"addresses in {each.url.path}": addresses(each) for each in read}
    found.places |= {path: httpx.get(f"{system.base_url}{path}").content for path in PUBLIC}
    found.places |= processes(system)
    with redis.Redis.from_url((system.data / "broker.url").read_text()) as server:
        found.places |= keys(server)
    found.dump = dumped(owner_url)
    return found


def kind(post: Post) -> str:
    """Return which of the receivers a post was for."""
    if post.path.endswith("/hook"):
        return "hook"
    kinds = {DOCTORS_CHAT: "chat", PHONE: "text to the patient"}
    return kinds.get(post.said["to"], "text to the doctor")


def dumped(owner_url: str) -> dict[str, bytes]:
    """Return each table as a dump shows it."""
    found = {}
    with psycopg.connect(owner_url) as owner:
        tables = owner.execute(
            "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
            " and relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            query = sql.SQL("copy (select * from {}) to stdout").format(sql.Identifier(table))
            with owner.cursor() as cursor, cursor.copy(query) as copy:
                found[f"dump of {table}"] = b"".join(map(bytes, copy))
    return found


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """Run the system, lead the person through it, stop it, and gather all that is left."""
    data, scratch = tmp_path_factory.mktemp("canaries"), tmp_path_factory.mktemp("scratch")
    with provider() as ways:
        settings = {
            "WARDLIGHT_ENVIRONMENT": "test",
            "WARDLIGHT_OUTBOUND_LOOPBACK": "true",
            "WARDLIGHT_LOG_LEVEL": "DEBUG",
            "WARDLIGHT_ESCALATION_SCALE": "0.005",
            "WARDLIGHT_SMS_GATEWAY_URL": ways.url,
            "WARDLIGHT_SMS_GATEWAY_SECRET": SECRET,
            "WARDLIGHT_CHAT_GATEWAY_URL": ways.url,
            "WARDLIGHT_CHAT_GATEWAY_SECRET": SECRET,
            "TMPDIR": str(scratch),
        }
        with (
            running_system(data, **settings) as system,
            overheard((data / "broker.url").read_text()) as commands,
            servers(Settings(environment=Environment.TEST, data=data), broker=False) as attached,
        ):
            found = led_through(system, ways, attached.migration_database_url)
    found.places |= {
        "mail": letters(system.postbox.letters),
        "commands of the broker": bytes(commands),
    }
    found.places |= {f"{kind(each)} {n}": posted(each) for n, each in enumerate(ways.came)}
    found.places |= files(data, but=["postgres"])
    found.places["log of the database"] = (data / "postgres" / "log").read_bytes()
    found.places |= {f"temporary {name}": held for name, held in files(scratch).items()}
    written = files(data / "postgres", but=OF_NOBODY)
    found.on_disk = {name: held.replace(bytes(512), b"") for name, held in written.items()}
    return found


def test_the_person_went_through_all_of_it_and_is_there_for_who_may_read_sec_20(
    searched: Searched,
) -> None:
    said = "\n".join(searched.read)

    assert [
        each for each in (SURNAME, NOTE, DOCTORS_NOTE, BORN, RED, WEIGHT) if each not in said
    ] == []
    assert 500 <= searched.answers["crashed"] < 600
    refusals = {k: v for k, v in searched.answers.items() if k != "crashed"}
    assert [k for k, v in refusals.items() if not 400 <= v < 500] == [], refusals
    assert searched.searches == [200, 200]
    assert WEIGHT.encode() in searched.dump["dump of reading"]


def test_each_place_was_really_there_to_be_searched_sec_20(searched: Searched) -> None:
    """A place that is empty or away would be found clean, whatever leaks."""
    there = searched.places

    for place, words in (
        ("file up.log", b'"status": 500'),
        ("file up.log", b"died, starting again"),
        ("file up.log", FAILED),
        ("file up.log", b"row done"),
        ("log of the database", b'violates check constraint "refuses"'),
        ("log of the database", b"database system is shut down"),
        ("mail", b"Subject: "),
        ("/metrics", b"# TYPE "),
        ("/openapi.json", b'"openapi"'),
        ("/fhir/metadata", b"CapabilityStatement"),
        ("/healthz", b"alive"),
        ("commands of the broker", b'"LPUSH"'),
    ):
        assert words in there.get(place, b""), place
    assert [each for each in PUBLIC if not there[each]] == []
    for begins in (*POSTED, "key ", "addresses in "):
        assert [each for each in there if each.startswith(begins)] != [], begins
    ours = [said for place, said in there.items() if place.startswith("process ") and APP in said]
    assert len(ours) >= 4
    assert [said for said in ours if b" TMPDIR=" not in said] == []
    assert sum(map(len, searched.on_disk.values())) > 10_000_000


def test_no_canary_is_anywhere_outside_sec_20_sec_21_sec_22_sec_23_sec_24_sec_26_sec_29(
    searched: Searched,
) -> None:
    """SEC-20, SEC-21, SEC-22, SEC-23, SEC-24, SEC-26."""
    assert HUNTER.hits(searched.places) == []


def test_the_link_that_a_patient_was_sent_stands_nowhere_but_in_their_text_sec_20_sec_24(
    searched: Searched,
) -> None:
    elsewhere = {k: v for k, v in searched.places.items() if not k.startswith("text to the pat")}
    del elsewhere[f"addresses in /m/{searched.link}"]

    assert len(searched.link) > 20
    assert Hunter.of([searched.link]).hits(elsewhere | searched.dump) == []


def test_who_somebody_is_can_be_read_in_no_file_of_the_database_and_in_no_dump_sec_27(
    searched: Searched,
) -> None:
    """SEC-20, SEC-27."""
    assert SEALS.hits(searched.dump) == []
    assert SEALS.hits(searched.on_disk) == []


def test_a_leak_planted_in_each_place_would_have_been_found_sec_20(searched: Searched) -> None:
    for place, held in searched.places.items():
        found = HUNTER.hits({place: held + SURNAME.encode()})

        assert {hit.place for hit in found} == {place}
