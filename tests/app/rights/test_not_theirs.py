"""What is not theirs: to a device that may create Observations and nothing else, every other route
of FHIR (SEC-03); to one of some patients, what others sent of anybody else (SEC-12); to whoever
sends a form or a resource, every field that the program decides.

Protected are the columns of what the program decides, and who may see whom (SEC-13). They are
taken from the tables; a form with a field of such a name fails until it says here what it is.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID, uuid4

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel

from app.schema import METADATA
from core.clock import utc_now
from core.security import issue_token
from tests.app.rights.strangers import Strangers
from tests.app.rights.unwalled import told_apart
from tests.app.rights.whole import BASE, SECRET, Whole, every_route, routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from httpx2 import Response

# What everybody may read: what the server is and can do.
OPEN = (
    *("/fhir/metadata", "/fhir/.well-known/smart-configuration"),
    *("/fhir/CodeSystem", "/fhir/Questionnaire"),
)
# What it may: to create, by Bundles and files too, each entry and line of which is asked for
# (below, and in `tests/app/bulk/test_import.py`), and to see how its own files and exports went.
ITS_OWN = {
    *(("POST", path) for path in ("/fhir", "/fhir/", "/fhir/{kind}", "/fhir/Observation")),
    *(("POST", "/fhir/$import"), ("GET", "/fhir/$import"), ("GET", "/fhir/$import/{id_}")),
    *(("GET", "/fhir/$import/{id_}/outcome"), ("GET", "/fhir/$export/{id_}")),
    *(("DELETE", "/fhir/$export/{id_}"), ("GET", "/fhir/$export/{id_}/{name}.ndjson")),
}


@pytest.fixture
def device(whole: Whole) -> Iterator[TestClient]:
    token = issue_token(
        whole.client, frozenset({"system/Observation.c"}), secret=SECRET, now=utc_now()
    )
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    with whole.database.undoing():
        yield TestClient(whole.web, base_url=BASE, headers=headers, follow_redirects=False)


def is_open(path: str) -> bool:
    return path.partition("/{")[0].removesuffix("/_search") in OPEN


def refused(answer: Any) -> bool:
    if answer.status_code != 403:
        return False
    return not answer.content or answer.json()["resourceType"] == "OperationOutcome"


def named(method: str, path: str) -> str:
    if (method, path) == ("PUT", "/fhir/{kind}"):
        return "/fhir/Observation?identifier=urn:d|1"
    return path.replace("{kind}", "Observation").replace("{version}", "1")


def knock(device: TestClient, method: str, address: str) -> Response:
    """Ask as a route wants to be asked, so that nothing but the scope is missing."""
    if address.endswith("/_search"):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return device.post(address, content="_count=1", headers=form)
    if address.endswith("/$export"):
        device.headers["Prefer"] = "respond-async"
    return device.request(method, address, content=None if method == "GET" else b"{}")


def test_a_create_only_device_is_refused_by_every_other_route_sec_03(
    whole: Whole, device: TestClient
) -> None:
    asked, odd = 0, {}
    for method, path in routes(whole.web):
        if not path.startswith("/fhir") or is_open(path) or method == "OPTIONS":
            continue
        if (method, path) in ITS_OWN:
            continue
        asked += 1
        answer = knock(device, method, whole.address(named(method, path), "own"))
        if not refused(answer):
            odd[method, path] = (answer.status_code, answer.text[:200])

    assert not odd
    assert asked >= 80


def entries(whole: Whole) -> list[tuple[str, str]]:
    patient, alert = whole.ids["patient_id", "own"], whole.ids["alert_id", "own"]
    return [
        ("GET", f"Patient/{patient}"),
        ("GET", f"Patient/{patient}/$everything"),
        ("GET", f"Observation?patient={patient}"),
        ("GET", "Observation"),
        ("GET", f"Observation/{patient}"),
        ("GET", f"Observation/{patient}/_history"),
        ("GET", f"Observation/{patient}/_history/1"),
        ("GET", f"DetectedIssue/{alert}"),
        ("GET", "AuditEvent"),
        ("PUT", f"Observation/{patient}"),
        ("DELETE", f"Condition/{patient}"),
        ("DELETE", f"Device/{patient}"),
        ("POST", "Patient"),
        ("POST", "Condition"),
    ]


def entry(method: str, url: str) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url}}
    if method in ("PUT", "POST"):
        kind, _, id_ = url.partition("/")
        made["resource"] = {"resourceType": kind} | ({"id": id_} if id_ else {})
    return made


def test_nor_does_a_bundle_let_it_do_more_entry_by_entry_sec_03(
    whole: Whole, device: TestClient
) -> None:
    for method, url in entries(whole):
        one = entry(method, url)
        batch = device.post(
            "/fhir", json={"resourceType": "Bundle", "type": "batch", "entry": [one]}
        )
        together = device.post(
            "/fhir", json={"resourceType": "Bundle", "type": "transaction", "entry": [one]}
        )

        assert batch.status_code == 200, batch.text
        [answer] = batch.json()["entry"]
        # No operation and no past is served inside a Bundle, whoever asks.
        wanted = "405" if url.endswith(("$everything", "_history")) else "403"
        assert answer["response"]["status"].startswith(wanted), (method, url, answer)
        assert "resource" not in answer, url
        assert together.status_code == int(wanted), (method, url, together.text)
        assert together.json()["resourceType"] == "OperationOutcome"


@pytest.fixture(scope="module")
def strangers(whole: Whole) -> Strangers:
    return Strangers.of(whole)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        *(("GET", ""), ("HEAD", ""), ("GET", "/_history"), ("GET", "/_history/1")),
        *(("PUT", ""), ("DELETE", "")),
    ],
)
def test_what_another_sent_of_somebody_else_looks_like_what_nobody_sent_sec_12(
    strangers: Strangers, method: str, address: str
) -> None:
    """SEC-12: in its words and in its work; before, a PUT or DELETE said that it is another's."""
    for kind, theirs in strangers.theirs.items():
        said: list[list[str]] = []
        of_nothing: list[list[str]] = []
        odd = told_apart(
            partial(strangers.ask, method, (kind, theirs, address), said),
            partial(strangers.ask, method, (kind, str(uuid4()), address), of_nothing),
        )

        assert said == of_nothing, kind
        assert not odd, (kind, odd)
        assert said[0][0] in ("201", "404", "405"), kind


def test_what_is_put_where_somebody_elses_is_stands_beside_it_sec_12(strangers: Strangers) -> None:
    whole, id_ = strangers.whole, strangers.theirs["Observation"]
    mine = strangers.own["Observation"] | {"id": id_}
    with whole.database.undoing():
        device, site = strangers.http(whole.client), strangers.http(strangers.site)
        put = device.put(f"/fhir/Observation/{id_}", json=mine)
        again = device.put(f"/fhir/Observation/{id_}", json=mine)
        own, others = (who.get(f"/fhir/Observation/{id_}").json() for who in (device, site))

    assert (put.status_code, again.status_code) == (201, 200)
    assert own["subject"]["reference"] == mine["subject"]["reference"]
    assert own["id"] == others["id"] == id_
    assert others["subject"]["reference"] == f"Patient/{whole.ids['patient_id', 'other']}"


DECIDED = (
    *("alert", "alert_event", "alert_finding", "assessment", "audit_event", "delivery", "step"),
    *("care_team_participant", "care_team_patient", "client_patient", "login_session"),
    *("followed_day", "shadow_score"),
)
# Names that mean another thing in every form: `version` is which one its page showed.
ORDINARY = frozenset(
    (
        *("address", "at", "channel", "day", "kind", "purpose", "reason", "since", "value"),
        *("version", "words"),
    )
)
# Fields that are what their form is for, or are compared and not kept.
MEANT = {
    "/administration/users": {"role": "of the account that is made"},
    "/administration/users/{user_id}/role": {"role": "what the form is for"},
    "/alerts/{alert_id}/resolve": {"severity": "as its page showed it, compared and not kept"},
    "/follow-up/{question_id}": {"outcome": "the answer that was asked for"},
    "/privacy/audit": {"outcome": "looked for, never written"},
    "/reached/add": {"tier": "of which alerts one wants to be told there"},
}


def protected() -> set[str]:
    decided = {column.name for name in DECIDED for column in METADATA.tables[name].columns}
    return decided - ORDINARY


def written(route: APIRoute) -> set[str]:
    """Return the names of all that a route takes in its body."""
    return {name for field in _bodies(route.dependant) for name in _names(field)}


def _bodies(dependant: Any) -> Iterator[Any]:
    yield from dependant.body_params
    for inner in dependant.dependencies:
        yield from _bodies(inner)


def _names(field: Any) -> set[str]:
    models = list(_models(field.field_info.annotation))
    if not models:
        return {field.alias}
    return {each.alias or name for model in models for name, each in model.model_fields.items()}


def _models(kind: Any) -> Iterable[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for each in kind.model_fields.values():
            yield from _models(each.annotation)
    for inner in get_args(kind):
        yield from _models(inner)


def test_no_form_has_a_field_that_is_not_its_senders_to_set_sec_13(whole: Whole) -> None:
    found: dict[str, set[str]] = {}
    seen: set[str] = set()
    for route in every_route(whole.web.routes):
        if isinstance(route, APIRoute) and (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            fields = written(route)
            seen |= fields
            if odd := fields & protected() - set(MEANT.get(route.path, ())):
                found[route.path] = odd

    assert not found
    assert {"severity", "owner_id", "state", "policy", "probability", "caller_id"} <= protected()
    assert {"note", "minutes", "display_name", "csrf"} <= seen


def test_what_is_said_of_a_field_is_of_one_that_is_there_sec_13(whole: Whole) -> None:
    there = {
        route.path: written(route)
        for route in every_route(whole.web.routes)
        if isinstance(route, APIRoute)
    }

    for path, fields in MEANT.items():
        assert set(fields) <= there[path] & protected(), path


def test_nothing_that_the_program_decides_is_written_through_fhir_sec_13(whole: Whole) -> None:
    decided = ("DetectedIssue", "Flag", "RiskAssessment", "Task", "Communication", "AuditEvent")
    for kind in (*decided, "Goal", "Provenance"):
        for method, path in (("POST", "/fhir/{kind}"), ("PUT", "/fhir/{kind}/{id_}")):
            address = path.replace("{kind}", kind).replace("{id_}", str(UUID(int=9)))
            with whole.database.undoing():
                answer = whole.send(method, address, "client", "own")
            assert answer.status_code in (400, 403, 404, 405, 422), (method, kind)
            assert answer.json()["resourceType"] == "OperationOutcome"
