"""SEC-43: taken in by an operator, a copy gives an equal record: scores, contests, counts too."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from app.cli import build
from app.commands import taking_in
from app.copies import scores_again
from app.copies.archive import files
from app.copies.service import Copy, copy
from core.clock import utc_now
from core.errors import InvalidError
from core.security import SYSTEM
from core.settings import Environment, Settings
from fhir.summed import SUMMED
from ingest.numbers.repository import owners
from ingest.receipt import STORED, Kind, Name
from ingest.repository import readings
from ingest.summing.service import sum_up
from ingest.tables import Patient
from monitoring.contests import Ground, Ruling
from tests.door import BASE, NOW, SECRET, Gateway, named, patient
from tests.ingest.summing.lives import asked, judged, nobody
from tests.ingest.summing.test_again import moved
from tests.oracle.panel import panel
from tests.rulebook import RULEBOOK
from tests.scored import contested, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session
    from typer.testing import Result

    from core.database import Database
    from core.embedded import Servers

SETTINGS = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)
LATER = NOW + timedelta(minutes=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTES = (0, 2, 9, 14, 50, 70, 71, 90)


@pytest.fixture(scope="module")
def whose(gateway: Gateway, database: Database, embedded: Servers) -> Iterator[UUID]:
    """Somebody whose movements are summed up, with a score that was contested and answered."""
    who = UUID(gateway.create(patient()))
    for minute in MINUTES:
        gateway.create(named(moved(f"Patient/{who}", minute)))
    with database.transaction() as session:
        sum_up(session, asked(session, who, NOW - timedelta(days=7)), nobody, most=500)
        score(session, who, NOW - timedelta(hours=2), 0.1)
        score(session, who, NOW - timedelta(hours=1), 0.3)
        contested(session, who, Ground.DEVICE, Ruling.UPHELD, now=NOW)
    yield who
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        connection.execute("delete from score_contest")  # which the application may not


@pytest.fixture(scope="module")
def made(database: Database, whose: UUID) -> Copy:
    with database.transaction() as session:
        return copy(session, SYSTEM, whose, SETTINGS, now=utc_now())


def written(made: Copy, folder: Path) -> None:
    """Write a copy for another system. In one database the two would meet: others get other ids."""
    folder.mkdir()
    renamed: dict[str, str] = {}
    for each in (entry["resource"] for entry in made.entries):
        if each["resourceType"] in STORED:
            names = [each["id"], *(one["value"] for one in each.get("identifier", ()))]
            renamed |= {name: str(uuid4()) for name in names}
    for name, content in files(made, None, SETTINGS):
        text = content.decode()
        for old, new in renamed.items():
            text = text.replace(old, new)
        (folder / name).write_text(text)


@pytest.fixture
def take_in(
    database: Database, register: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], Result]:
    @contextmanager
    def opened() -> Iterator[Database]:
        yield database

    monkeypatch.setattr(taking_in, "opened", opened)
    monkeypatch.setattr(taking_in, "Settings", lambda: SETTINGS)
    monkeypatch.setattr(taking_in, "utc_now", lambda: LATER)
    client = register().name

    def run(folder: Path) -> Result:
        return CliRunner().invoke(build("import"), ["import", str(folder), "--client", client])

    return run


def there(folder: Path, database: Database) -> UUID:
    """Return how the person of a folder is called here."""
    batch = json.loads((folder / "import-1.json").read_text())
    (one,) = (e["resource"] for e in batch["entry"] if e["resource"]["resourceType"] == "Patient")
    with database.transaction() as session:
        names = [Name(Kind.PATIENT, each["system"], each["value"]) for each in one["identifier"]]
        (found,) = set(owners(session, names).values())
    return found


def of(made: Copy, kind: str) -> list[dict[str, Any]]:
    found = [e["resource"] for e in made.entries if e["resource"]["resourceType"] == kind]
    return sorted(found, key=lambda each: str(each.get("occurrenceDateTime", each["id"])))


def counts(database: Database, who: UUID) -> list[tuple[object, ...]]:
    with database.transaction() as session:
        found = readings(session, who, since=LONG_AGO)
    return [(each.vital, each.effective, each.value, each.stands_for) for each in found]


def test_a_copy_says_for_how_many_a_movement_counts_and_is_fhir_sec_43(made: Copy) -> None:
    said = [
        extension["valuePositiveInt"]
        for each in of(made, "Observation")
        for extension in each.get("extension", ())
        if extension["url"] == SUMMED
    ]

    assert sorted(said) == [2, 4]  # of eight, four stay; two of these count once
    assert panel(of(made, "Observation")) == [[]] * 4


def test_taken_in_it_counts_judges_scores_and_is_contested_as_before_sec_43(
    made: Copy,
    whose: UUID,
    database: Database,
    tmp_path: Path,
    take_in: Callable[[Path], Result],
) -> None:
    written(made, tmp_path / "copy")
    first, second = take_in(tmp_path / "copy"), take_in(tmp_path / "copy")
    assert first.exit_code == 0, (first.output, first.exception)
    who = there(tmp_path / "copy", database)
    with database.transaction() as session:
        again = copy(session, SYSTEM, who, SETTINGS, now=utc_now())

    assert "scores: 2 taken over; contested scores: 1 taken over" in first.output
    assert "readings that count for several: 2" in first.output
    assert (
        f"not taken over: {len(made.tables['summed_key'])} of summed_key: what is" in first.output
    )
    assert "scores: 0 taken over; contested scores: 0 taken over" in second.output
    assert "readings that count for several: 0" in second.output
    assert counts(database, who) == counts(database, whose)
    assert sum(each[3] for each in counts(database, who)) == len(MINUTES)  # type: ignore[misc]
    with database.transaction() as session:
        before, after = (judged(session, each, [LATER], RULEBOOK, "UTC") for each in (whose, who))
    assert [f.rule_id for f in before[0].findings] == [f.rule_id for f in after[0].findings] != []
    told = [
        [
            {n: e.get(n) for n in ("prediction", "note", "method", "status", "meta")}
            for e in of(each, "RiskAssessment")
        ]
        for each in (made, again)
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 2
    assert len(told[0][1]["note"] or ()) == 2
    for name in ("by", "ground", "ruling", "note", "answer", "at", "answered_at"):
        assert made.tables["score_contest"][0][name] == again.tables["score_contest"][0][name]
    assert whose != who


def test_what_is_sent_to_the_door_says_for_itself_only_that_it_was_one_sec_43(
    gateway: Gateway, database: Database
) -> None:
    who = gateway.create(patient())
    said = [{"url": SUMMED, "valuePositiveInt": 500}]
    gateway.create(named(moved(f"Patient/{who}", 1) | {"extension": said}))

    with database.transaction() as session:
        known = copy(session, SYSTEM, UUID(who), SETTINGS, now=utc_now())

    assert [each[3] for each in counts(database, UUID(who))] == [1]
    assert all("extension" not in each for each in of(known, "Observation"))


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        (
            "import-1.json",
            '"valuePositiveInt":4',
            '"valuePositiveInt":2000000',
            "extension: no reading",
        ),
        ("tables.json", '"ground":"device"', '"ground":"malice"', "tables.json: score_contest:"),
        ("tables.json", '"probability":0.1', '"likely":0.1', "tables.json: assessment: risk:"),
        ("tables.json", "[", "(", "tables.json:"),
    ],
)
def test_what_is_no_copy_is_refused_with_its_place_and_leaves_nothing_sec_43(
    made: Copy,
    tmp_path: Path,
    take_in: Callable[[Path], Result],
    name: str,
    old: str,
    new: str,
    reason: str,
) -> None:
    folder = tmp_path / "copy"
    written(made, folder)
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))

    said = take_in(folder)

    assert said.exit_code != 0
    assert reason in str(said.exception)


def _of_no_patient(tables: dict[str, Any], batch: dict[str, Any]) -> None:
    kinds = [each["resource"] for each in batch["entry"]]
    movement = next(each["id"] for each in kinds if each["resourceType"] == "Observation")
    tables["assessment"][0]["patient_id"] = movement


def _of_another_release(tables: dict[str, Any], _batch: dict[str, Any]) -> None:
    tables["assessment"][1]["usual"] = {"a-vital-of-another-release": {}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_of_no_patient, "assessment: patient_id: is the id of no Patient"),
        (_of_another_release, "assessment: usual: "),
    ],
)
def test_a_score_that_nobody_could_read_leaves_nothing_of_the_copy_sec_43(
    made: Copy,
    tmp_path: Path,
    database: Database,
    take_in: Callable[[Path], Result],
    change: Callable[[dict[str, Any], dict[str, Any]], None],
    reason: str,
) -> None:
    folder = tmp_path / "copy"
    written(made, folder)
    tables = json.loads((folder / "tables.json").read_text())
    change(tables, json.loads((folder / "import-1.json").read_text()))
    (folder / "tables.json").write_text(json.dumps(tables))

    said = take_in(folder)

    assert isinstance(said.exception, InvalidError)
    assert reason in str(said.exception)
    with pytest.raises(ValueError, match="not enough values"):  # nobody is there
        there(folder, database)


def test_a_contest_goes_with_the_score_of_the_same_person_alone_sec_43(
    made: Copy, whose: UUID, session: Session
) -> None:
    other = uuid4()
    session.add(Patient(id=other, created_at=NOW, zone="UTC"))
    session.flush()
    tables = {name: made.tables[name] for name in ("assessment", "score_contest")}
    moved_on = [each | {"patient_id": str(other)} for each in tables["score_contest"]]
    ids = {whose: whose, other: other}

    taken = scores_again.take(session, tables | {"score_contest": moved_on}, ids, now=LATER)

    assert (taken.scores, taken.contests) == (2, 0)
