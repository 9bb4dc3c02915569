"""Pages in an order that what changes meanwhile moves: nothing is left out (FHIR-12, SEC-37)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from sqlalchemy import update

from alerts.tables import Alert
from app.fhir_api.paging import unseal
from app.fhir_api.published import Published
from app.fhir_api.scope import EXPIRED, Scope
from app.fhir_api.service import RefusedSearchError, continued, search
from core.security import SYSTEM
from fhir.search_criteria import Criteria
from fhir.search_parameters import read_search
from tests.app.fhir_api.test_written import asked_by
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.fhir_api.service import Asked
    from core.database import Database

LATER = timedelta(seconds=30)  # after the first page
ORDERS = ("_lastUpdated", "-_lastUpdated", "-_lastUpdated,date", "date,-_lastUpdated")


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database)


def tasks(ward: Ward, *pairs: tuple[str, str]) -> Asked:
    whose = ",".join(str(each) for each in ward.patients.values())
    return asked_by(ward, ("patient", whose), ("_count", "3"), *pairs)


def page(session: Session, asked: Asked, kind: str = "Task") -> tuple[list[str], Asked | None]:
    """Return the ids of one page, and what its next link asks for."""
    criteria = read_search(kind, asked.pairs, asked.place, strict=True)
    assert isinstance(criteria, Criteria), criteria
    session.expire_all()
    bundle = msgspec.json.decode(search(session, SYSTEM, criteria, asked))
    ids = [each["resource"]["id"] for each in bundle.get("entry", ())]
    links = {each["relation"]: each["url"] for each in bundle["link"]}
    if "next" not in links:
        return ids, None
    (said,) = parse_qsl(urlsplit(links["next"]).query)
    onward = unseal(said[1], asked.secret, now=asked.now)
    assert onward is not None
    return ids, continued(onward, asked)


def rest(session: Session, asked: Asked | None) -> list[str]:
    ids: list[str] = []
    while asked is not None:
        some, asked = page(session, asked)
        ids += some
    return ids


def found_again(session: Session, id_: str, asked: Asked) -> None:
    """Let a judgement find the same once more, after the search began."""
    values = {"last_found_at": asked.asof + LATER}
    session.execute(update(Alert).where(Alert.id == id_).values(**values))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("which", [2, 3, 7, -1])
def test_nothing_is_left_out_where_a_row_changes_between_pages_fhir_12(
    session: Session, ward: Ward, order: str, which: int
) -> None:
    """The last that was shown, the next that would be, one far behind: none but it comes twice."""
    asked = tasks(ward, ("_sort", order))
    whole = rest(session, asked)
    first, onward = page(session, asked)

    found_again(session, whole[which], asked)

    found = first + rest(session, onward)
    assert first == whole[:3]
    assert set(found) == set(whole)
    twice = [each for each in whole if found.count(each) > 1]
    assert twice in ([], [whole[which]])
    assert len(found) == len(whole) + len(twice)


def test_nor_where_a_change_takes_the_last_one_out_of_what_is_asked_for_fhir_12(
    session: Session, ward: Ward
) -> None:
    until = (ward.now + timedelta(seconds=10)).isoformat().replace("+00:00", "Z")
    asked = tasks(ward, ("_sort", "-_lastUpdated"), ("_lastUpdated", f"lt{until}"))
    whole = rest(session, asked)
    first, onward = page(session, asked)

    found_again(session, first[-1], asked)

    assert first + rest(session, onward) == whole


@pytest.mark.parametrize("old", [("id", "0"), ("2026-01-01T00:00:00+00:00", "id"), ("a", "b", "c")])
def test_a_link_of_another_version_is_answered_in_words_sec_37(
    session: Session, ward: Ward, old: tuple[str, ...]
) -> None:
    asked = replace(tasks(ward, ("_sort", "_lastUpdated")), after=old)

    with pytest.raises(RefusedSearchError) as refused:
        page(session, asked)

    assert refused.value.refusal.status == 410
    assert refused.value.refusal.issues[0].text == EXPIRED


def test_a_place_among_few_is_none_along_a_shelf_sec_37(session: Session, ward: Ward) -> None:
    _, onward = page(session, tasks(ward, ("_sort", "_lastUpdated")))
    assert onward is not None
    asked = replace(tasks(ward), after=onward.after)

    with pytest.raises(RefusedSearchError) as refused:
        page(session, asked)

    assert refused.value.refusal.status == 410


@pytest.mark.parametrize("sort", [(), ("_lastUpdated",)])
def test_what_is_published_goes_on_behind_what_is_gone_fhir_12(
    session: Session, ward: Ward, sort: tuple[str, ...]
) -> None:
    scope = Scope(session, SYSTEM, "CodeSystem", ward.now, sort=sort)
    whole = [each.id for each in Published().look(scope, None, 100)]
    gone = f"{min(whole[3:5])}-gone"

    found = [each.id for each in Published().look(scope, (gone,), 100)]

    assert found == [each for each in whole if (each < gone if scope.down else each > gone)]
    assert 0 < len(found) < len(whole)
