"""Searches of every kind in every way that they can be sent, and their answers made comparable."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from fhir.search_fields import PATIENT_FIELDS
from fhir.search_parameters import SEARCHES
from tests.app.rights.graphs import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from fastapi.testclient import TestClient

    from tests.app.rights.graphs import World

# What a second answer may say otherwise: when it was made, the numbers of its own audit, the
# number by which a form is known when it is sent twice.
ANEW = re.compile(
    r'"(lastUpdated|recorded)": ?"[^"]*"|"id": ?"\d+"|name="form_id" value="[0-9a-f-]+"'
)


def searches(world: World, one: int) -> Iterator[str]:
    """Yield searches of each kind: counted, included, of one person by id and by number."""
    for kind, fields in PATIENT_FIELDS.items():
        yield f"/fhir/{kind}?_summary=count&_total=accurate"
        yield f"/fhir/{kind}?_count=1&_revinclude=Provenance:target"
        for field in tuple(fields)[:1]:
            yield f"/fhir/{kind}?{field}={world.patients[one]}&_include={kind}:{field}"
            yield f"/fhir/{kind}?{field}.identifier={NUMBERS}|{world.canary(one)}"
    yield f"/fhir/Patient?identifier={NUMBERS}|{world.canary(one)}"
    assert set(PATIENT_FIELDS) == set(SEARCHES)


def posted(http: TestClient, whom: UUID) -> dict[str, str]:
    """Return what `_search` says, and a batch of the same searches and of one person."""
    asked = [
        (f"/fhir/{kind}", f"_count=1&_total=accurate&{field}={whom}")
        for kind, fields in PATIENT_FIELDS.items()
        for field in tuple(fields)[:1]
    ]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = {}
    for path, query in asked:
        answer = http.post(f"{path}/_search", content=query, headers=form)
        assert answer.status_code == 200, (path, answer.text)
        answers[f"POST {path}/_search {query}"] = settled(answer.text)
    gets = [f"{path.removeprefix('/fhir/')}?{query}" for path, query in asked]
    return answers | _batched(http, [*gets, f"Patient/{whom}"])


def _batched(http: TestClient, gets: list[str]) -> dict[str, str]:
    entries = [{"request": {"method": "GET", "url": each}} for each in gets]
    batch = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = http.post("/fhir", json=batch, headers={"Content-Type": "application/fhir+json"})
    assert answer.status_code == 200, answer.text
    statuses = {each["response"]["status"][:3] for each in answer.json()["entry"][:-1]}
    assert statuses == {"200"}, answer.text  # of one person it may be 404
    said = zip(gets, answer.json()["entry"], strict=True)
    return {f"batch {get}": settled(json.dumps(each.get("resource", each))) for get, each in said}


def settled(text: str) -> str:
    """Return an answer without what is new in each: bundles by what is in them."""
    if text.replace(": ", ":").startswith('{"resourceType":"Bundle"'):
        bundle: dict[str, Any] = json.loads(text)
        found = [json.dumps(each["resource"]) for each in bundle.get("entry", ())]
        text = f"{bundle.get('total')} {sorted(ANEW.sub('', each) for each in found)}"
    return ANEW.sub("", text)
