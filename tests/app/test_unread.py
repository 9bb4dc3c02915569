"""What FastAPI itself refuses names its field and the reason: as a page, and as an outcome."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple, get_args
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI, Query
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel

from app.pages.language import language
from app.refusing import add_refusals
from app.unread import SAID, unread
from tests.app.conftest import BASE
from tests.app.rights.whole import every_route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.dependencies.models import Dependant

READ = (int, float, UUID, date)  # what pydantic makes of a text, or refuses
NONSENSE = "nonsense-9f3"


class Typed(NamedTuple):
    """A route with a field that is more than a text, and where that stands."""

    method: str
    path: str
    field: str
    place: str


def typed(web: FastAPI) -> Iterator[Typed]:
    for route in every_route(web.routes):
        if isinstance(route, APIRoute):
            for place in ("query", "body"):
                for name in _names(route.dependant, f"{place}_params"):
                    yield from (Typed(m, route.path, name, place) for m in route.methods or ())


def _names(of: Dependant, kind: str) -> Iterator[str]:
    for each in getattr(of, kind):
        said = each.field_info.annotation
        if isinstance(said, type) and issubclass(said, BaseModel):
            fields = said.model_fields.items()
            yield from (name for name, field in fields if _read(field.annotation))
        elif _read(said):
            yield each.alias
    for each in of.dependencies:
        yield from _names(each, kind)


def _read(said: object) -> bool:
    """Return whether a text may be refused: a number, an id or a day, or one of these or none."""
    return said in READ or any(map(_read, get_args(said)))


def test_every_page_names_the_field_and_the_reason_and_not_what_was_sent_sec_22(
    pages: FastAPI,
) -> None:
    browser = TestClient(pages, base_url=BASE, follow_redirects=False)
    asked = 0
    for method, path, field, place in typed(pages):
        address = re.sub(r"\{\w+\}", str(uuid4()), path)
        given, headers = {field: NONSENSE}, {"Accept": "text/html"}
        query, form = (given, None) if place == "query" else (None, given)

        answer = browser.request(method, address, headers=headers, params=query, data=form)

        assert (answer.status_code, NONSENSE in answer.text) == (422, False), (path, field)
        assert re.search(rf"Use an? [a-z 0-9-]+ for {field}\.", answer.text), (path, field)
        asked += 1
    assert asked > 50


def test_an_address_with_an_id_that_is_none_is_like_one_of_nobody_sec_12(pages: FastAPI) -> None:
    browser = TestClient(pages, base_url=BASE, follow_redirects=False)
    assert browser.get("/patients/x?days=x", headers={"Accept": "text/html"}).status_code == 404


def test_a_program_reads_the_same_as_an_outcome_fhir_08() -> None:
    web = FastAPI()
    add_refusals(web)

    @web.get("/count")
    def count(most: Annotated[int, Query(ge=1, alias="_count")]) -> int:
        return most

    for said, reason in ((NONSENSE, "use a whole number for _count"), ("0", "at least 1")):
        answer = TestClient(web).get("/count", params={"_count": said})

        issue = answer.json()["issue"][0]
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("application/fhir+json")
        assert reason in issue["diagnostics"]
        assert issue["expression"] == ["_count"]
        assert NONSENSE not in answer.text
    assert "_count is missing" in TestClient(web).get("/count").text


@pytest.mark.parametrize("name", ["en", "ko"])
def test_each_reason_is_said_with_its_facts(name: str) -> None:
    facts = {"ge": 1, "le": 9, "max_length": 5, "min_length": 2}
    for kind in (*SAID, "whatever_comes", "extra_forbidden"):
        error = unread([{"type": kind, "loc": ("query", "page"), "ctx": facts}])

        said = language(name).refusal(error)
        assert ("page" in said.lower()) == (kind != "extra_forbidden"), kind
        assert "{" not in said


def test_of_a_number_or_nothing_the_fault_of_the_number_counts(pages: FastAPI) -> None:
    browser = TestClient(pages, base_url=BASE, follow_redirects=False)
    path, headers = f"/alerts/{uuid4()}/contact", {"Accept": "text/html"}
    answer = browser.post(path, data={"minutes": "99999"}, headers=headers)
    assert (answer.status_code, "for minutes." in answer.text) == (422, True)
    assert "Use at most" in answer.text
