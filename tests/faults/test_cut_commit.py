"""A connection that is lost in the COMMIT: nobody knows whether it happened, and nothing is lost.

REL-09, FT-15.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import func, select, update

from app.commands.tokens import fetch_token
from core.clock import utc_now
from core.outbox import Outbox, State, Topic
from ingest.tables import StoredReading
from tests.faults.cutting_proxy import Cut, cutting_proxy
from tests.faults.posting import PEOPLE, doubled, people_without_work, troubled_ward
from tests.faults.served import Served
from tests.invented import entry, observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.cutting_proxy import CuttingProxy
    from tests.faults.posting import Ward
    from tests.faults.table import Figures

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ward, CuttingProxy]]:
    """Return an API process that reaches its database through a proxy only."""
    with (
        troubled_ward(tmp_path_factory.mktemp("cut")) as ward,
        cutting_proxy(ward.running.database_url) as proxy,
    ):
        served = Served({**ward.served.environment, "WARDLIGHT_DATABASE_URL": proxy.database_url})
        served.start()
        served.ready()
        with ward.database.transaction() as session:  # what the enrolment asked for is not counted
            session.execute(update(Outbox).values(state=State.DONE))
        try:
            yield replace(ward, served=served), proxy
        finally:
            served.kill()


def batch(reading: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "batch", "entry": [entry(reading)]}


@pytest.mark.parametrize(
    ("cut", "kept", "repeated"),
    [
        pytest.param(Cut.BEFORE, 0, 201, id="before the server heard of it"),
        pytest.param(Cut.AFTER, 1, 200, id="after the server had committed"),
    ],
)
@pytest.mark.parametrize("bundled", [False, True], ids=["one reading", "a batch"])
def test_a_reading_whose_commit_is_cut_is_told_503_and_stored_once_by_its_retry_rel_09_ft_15(
    cut_off: tuple[Ward, CuttingProxy], cut: Cut, kept: int, repeated: int, *, bundled: bool
) -> None:
    ward, proxy = cut_off
    # A person for each case: whoever has no reading yet has no open work either.
    mrn = PEOPLE[2 * bundled + kept]
    reading = observation(mrn, "heart_rate", 81, utc_now())
    path, body = ("", batch(reading)) if bundled else ("/Observation", reading)
    process, before = ward.served.process, counted(ward)
    token = fetch_token(ward.key, base_url=ward.served.url)
    proxy.armed = cut

    refused = post(ward, token, path, body)

    assert proxy.cuts.pop() is cut
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["resourceType"] == "OperationOutcome"
    assert refused.json()["issue"][0]["code"] == "transient"
    assert counted(ward) == (before[0] + kept, before[1] + kept)

    # The same bytes under the same identifier, to the same process, as docs/integrating.md says;
    # at once instead of after Retry-After, because the store is there again.
    again = post(ward, token, path, body)

    assert status_of(again) == repeated
    assert counted(ward) == (before[0] + 1, before[1] + 1)
    assert doubled(ward.database) == people_without_work(ward.database) == 0
    assert process is not None
    assert process.is_alive()


@pytest.mark.faults
@pytest.mark.parametrize(
    ("cut", "kept", "repeated"),
    [
        pytest.param(Cut.BEFORE, 0, 201, id="before the commit ft-04"),
        pytest.param(Cut.AFTER, 1, 200, id="between commit and answer ft-03"),
    ],
)
def test_a_door_killed_at_the_commit_stores_once_what_its_retry_brings_rel_01_ft_03_ft_04(
    cut_off: tuple[Ward, CuttingProxy], figures: Figures, cut: Cut, kept: int, repeated: int
) -> None:
    ward, proxy = cut_off
    figures.runs, figures.lost, figures.doubled = 0, 0, 0
    for _ in range(5):
        reading = observation(PEOPLE[0], "heart_rate", 82, utc_now())
        before, token = counted(ward)[0], fetch_token(ward.key, base_url=ward.served.url)
        proxy.armed, proxy.then = cut, ward.served.kill

        with pytest.raises(httpx.TransportError):
            post(ward, token, "/Observation", reading)

        proxy.then = None
        assert counted(ward)[0] == before + kept
        ward.served.start()
        ward.served.ready()
        again = post(ward, token, "/Observation", reading)
        assert again.status_code == repeated
        figures.runs += 1
        figures.lost += int(counted(ward)[0] < before + 1)
        figures.doubled += doubled(ward.database)
        time.sleep(1)  # the next is measured at another moment

    assert figures.lost == figures.doubled == 0


def post(ward: Ward, token: str, path: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(
        f"{ward.served.url}/fhir{path}",
        content=json.dumps(body),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"},
        timeout=20,
    )


def status_of(response: httpx.Response) -> int:
    """Return the status of the one entry, or of the answer itself."""
    body = response.json() if response.content else {}
    if body.get("type") == "batch-response":
        return int(body["entry"][0]["response"]["status"][:3])
    return response.status_code


def counted(ward: Ward) -> tuple[int, int]:
    """Return how many readings are stored and how many people wait to be assessed."""
    waiting = (Outbox.topic == Topic.ASSESS, Outbox.state == State.OPEN)
    with ward.database.transaction() as session:
        readings = session.scalar(select(func.count()).select_from(StoredReading))
        rows = session.scalar(select(func.count()).select_from(Outbox).where(*waiting))
    return int(readings or 0), int(rows or 0)
