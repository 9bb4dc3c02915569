"""What is refused or not used leaves no trace: in no table, not in what was received (SEC-48)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from zstandard import ZstdDecompressor

from app.schema import METADATA
from core.sealing import keyring_of
from tests.canaries.hunting import Hunter
from tests.door import bundle, heart_rate, named, patient

if TYPE_CHECKING:
    from core.database import Database
    from tests.door import Gateway

CANARY = "Qanaryunused-5518"
HUNTER = Hunter.of([CANARY])
BASIC = {"resourceType": "Basic", "code": {"text": CANARY}}
REFUSED: dict[str, dict[str, Any]] = {
    "a type that nobody uses": BASIC,
    "a reading of nobody": heart_rate("Patient/none") | {"note": [{"text": CANARY}]},
    "no status": {
        key: value for key, value in named(heart_rate("x"), CANARY).items() if key != "status"
    },
    "a code that is no text": heart_rate("x") | {"code": {"text": [CANARY]}},
}


@pytest.fixture
def since(database: Database) -> int:
    """Return a transaction before everything that the test does; all that is later is newer."""
    with database.transaction() as session:
        return int(session.execute(text("select pg_current_xact_id()::text")).scalar_one())


def everything(database: Database, since: int) -> dict[str, bytes]:
    """Return what every table holds that was written since then, the sealed parcels opened."""
    new = "xmin::text::bigint >= :since"
    with database.transaction() as session:
        ring = keyring_of(session)
        found = {
            name: "\n".join(
                session.scalars(
                    text(f'select t::text from "{name}" t where {new}'),  # noqa: S608 (names of tables)
                    {"since": since},
                )
            ).encode()
            for name in METADATA.tables
        }
        rows = session.execute(
            text(f"select id, sealed from parcel where {new}"),  # noqa: S608 (a constant)
            {"since": since},
        )
        return found | {
            f"parcel {row.id}": ZstdDecompressor().decompress(
                ring.open(row.sealed, place=f"parcel/{row.id}")
            )
            for row in rows
        }


def test_what_is_used_is_found_by_the_same_search(
    gateway: Gateway, database: Database, since: int
) -> None:
    kept = "Qanarykept-5518"
    gateway.create(patient() | {"text": {"status": "generated", "div": f"<div>{kept}</div>"}})

    hits = Hunter.of([kept]).hits(everything(database, since))

    assert {hit.place.split()[0] for hit in hits} == {"parcel"}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused_is_stored_nowhere_sec_48(
    gateway: Gateway, database: Database, since: int, why: str
) -> None:
    answer = gateway.post(REFUSED[why])

    assert answer.status_code >= 400
    assert HUNTER.hits(everything(database, since)) == []


def test_what_is_not_used_within_a_bundle_is_stored_nowhere_sec_48(
    gateway: Gateway, database: Database, since: int
) -> None:
    someone = gateway.create(patient())

    answer = gateway.post(bundle("batch", named(heart_rate(f"Patient/{someone}")), BASIC))

    assert answer.status_code == 200
    assert answer.json()["entry"][0]["response"]["status"][0] == "2"
    assert HUNTER.hits(everything(database, since)) == []
