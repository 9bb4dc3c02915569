"""What takes too long is ended and refused in words, or ends with what it has (SEC-37)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from app.fhir_api.patience import bounded
from app.fhir_api.scope import RefusedSearchError
from tests.app.fhir_api.test_search import Someone, all_pages, get, matches

if TYPE_CHECKING:
    from app.fhir_api.scope import Scope
    from core.database import Database
    from tests.door import Gateway

SLEEP = text("select pg_sleep(5)")


@pytest.fixture(scope="module")
def someone(gateway: Gateway) -> Someone:
    return Someone(gateway)


def test_a_statement_that_takes_too_long_is_refused_and_the_rest_goes_on_sec_37(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.fhir_api.patience.LONGEST", "20ms")

    with database.transaction() as session:
        before = session.scalar(text("show statement_timeout"))
        with pytest.raises(RefusedSearchError) as refused, bounded(session):
            session.execute(SLEEP)
        with bounded(session):
            within = session.scalar(text("show statement_timeout"))
        after = session.scalar(text("show statement_timeout"))

    (issue,) = refused.value.refusal.issues
    assert refused.value.refusal.status == 400
    assert issue.code == "too-costly"
    assert "patient" in issue.text
    assert "_lastUpdated" in issue.text
    assert (within, after) == ("20ms", before)


def test_a_search_that_takes_too_long_is_400_and_says_how_to_narrow_it_sec_37(
    someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(_: object, scope: Scope, *_given: object) -> None:
        scope.session.execute(SLEEP)

    monkeypatch.setattr("app.fhir_api.patience.LONGEST", "200ms")
    monkeypatch.setattr("app.fhir_api.stored.Stored.look", slowly)

    answer = someone.gateway.get(f"/fhir/Observation?patient={someone.id}")

    assert answer.status_code == 400
    (issue,) = answer.json()["issue"]
    assert issue["code"] == "too-costly"
    assert issue["diagnostics"].startswith("this search would take too long: narrow it by patient")


def test_a_page_ends_when_its_time_is_over_and_the_next_goes_on_sec_37(
    someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.fhir_api.walk.PATIENCE", 0)
    monkeypatch.setattr("app.fhir_api.walk.PORTION", 1)
    query = {"patient": someone.id, "code": "8867-4"}

    first = get(someone.gateway, "Observation", query)
    whole = all_pages(someone.gateway, first, lambda: None)

    assert len(matches(first)) <= 1
    assert sorted(whole) == sorted(someone.ids[:3])
