"""Nothing that identifies a person can be read off the disk or out of a dump (SEC-27)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from app.schema import METADATA

if TYPE_CHECKING:
    from core.embedded import Servers

CANARIES = (
    "Canaryfamily",
    "Canarygiven",
    "canary-mrn-4711",
    "canary-npi-0815",
    "canary@ward",
    "Canarydoctor",
    "canary-serial",
    "Canary's scale",
    "1931-07-19",
    "canary-bare",
)


@pytest.fixture
def told(gateway: Any, build: Any) -> str:
    """Tell the door about a person in every way in which one can be told about."""
    mrn = [{"system": "urn:clinic:canary", "value": f"canary-mrn-4711-{uuid4()}"}]
    patient = gateway.create(
        build.patient(
            identifier=[*mrn, {"value": "canary-bare"}],
            name=[{"family": "Canaryfamily", "given": ["Canarygiven"]}],
            birthDate="1931-07-19",
        )
    )
    mail = [{"system": "email", "value": "canary@ward.example"}]
    doctor = gateway.create(
        {
            "resourceType": "Practitioner",
            "identifier": [
                {"system": "http://hl7.org/fhir/sid/us-npi", "value": f"canary-npi-0815-{uuid4()}"}
            ],
            "name": [{"text": "Canarydoctor"}],
            "telecom": mail,
        }
    )
    gateway.create(
        {
            "resourceType": "PractitionerRole",
            "practitioner": {"reference": f"Practitioner/{doctor}"},
            "telecom": mail,
        }
    )
    gateway.create(
        {
            "resourceType": "Device",
            "identifier": [{"system": "urn:serial", "value": f"canary-serial-{uuid4()}"}],
            "patient": {"reference": f"Patient/{patient}"},
            "deviceName": [{"name": "Canary's scale", "type": "user-friendly-name"}],
        }
    )
    reading = build.heart_rate("", note=[{"text": "Canaryfamily felt well"}])
    gateway.create(reading | {"subject": {"identifier": mrn[0]}})
    return str(patient)


def control() -> str:
    """Return what is kept in plain, by which a search that looks nowhere would be found out."""
    return f"plainward-{uuid4()}"


def test_no_file_of_the_database_holds_a_name_or_a_number_sec_27(
    told: str, gateway: Any, embedded: Servers
) -> None:
    assert told
    gateway.create({"resourceType": "CareTeam", "status": "active", "name": (plain := control())})
    folder = parse_qs(urlsplit(embedded.database_url).query)["host"][0]
    with psycopg.connect(f"host={folder} user=postgres dbname=wardlight", autocommit=True) as root:
        root.execute("checkpoint")

    found = {
        (path.name, word)
        for path in Path(folder).rglob("*")
        if path.is_file()
        for word in (*CANARIES, plain)
        if word.encode() in path.read_bytes()
    }

    assert {word for _, word in found} == {plain}


def test_no_dump_of_the_tables_holds_a_name_or_a_number_sec_27(
    told: str, gateway: Any, embedded: Servers
) -> None:
    assert told
    gateway.create({"resourceType": "CareTeam", "status": "active", "name": (plain := control())})
    dumped: dict[str, bytes] = {}
    with psycopg.connect(embedded.migration_database_url) as owner:
        for table in METADATA.sorted_tables:
            rows = sql.SQL("copy (select * from {}) to stdout").format(sql.Identifier(table.name))
            with owner.cursor().copy(rows) as copied:
                dumped[table.name] = b"".join(bytes(row) for row in copied)

    found = {
        (name, word)
        for name, rows in dumped.items()
        for word in (*CANARIES, plain)
        if word.encode() in rows or word.encode().hex().encode() in rows
    }

    assert found == {("care_team", plain)}
