"""What a client may send that FHIR JSON does not allow, and only if that was agreed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir.bundle import Bundle, read_bundle
from fhir.fast import fast
from fhir.measurement import ParsedObservation
from fhir.observation import parse, parse_fully
from fhir.outcome import Refusal
from fhir.policy import BOM, LENIENT, Mode, Policy, Tolerance
from fhir.stamp import plain
from tests.fhir.payloads import observation, raw
from tests.fhir.test_fast import ODD, PLAIN, changed, places

NULLS = Policy(tolerances=frozenset({Tolerance.NULL_MEMBERS}))
MARK = Policy(tolerances=frozenset({Tolerance.BOM}))
BOTH = Policy(tolerances=frozenset(Tolerance))
NULLED = observation(issued=None) | {"issued": None, "note": [{"text": "x", "time": None}]}


def test_null_members_are_ignored_where_that_is_agreed() -> None:
    answer = parse(raw(NULLED))

    assert isinstance(answer, Refusal)
    assert [each.expression for each in answer.issues] == [
        "Observation.issued",
        "Observation.note[0].time",
    ]
    assert parse(raw(NULLED), NULLS) == parse(raw(observation(note=[{"text": "x"}])))


def test_one_byte_order_mark_is_ignored_where_that_is_agreed() -> None:
    body = raw(observation())

    refused = [parse(BOM + body), parse(BOM + BOM + body, MARK), parse(b" " + BOM + body, MARK)]

    assert parse(BOM + body, MARK) == parse(body)
    assert [each.status for each in refused if isinstance(each, Refusal)] == [400] * 3


@pytest.mark.parametrize(
    "elements",
    [
        {"note": [None]},
        {"note": [{"text": None}]},
        {"valueQuantity": {"value": None}},
        {"status": None},
    ],
    ids=["an item of an array", "all of an element", "all of a value", "what is required"],
)
def test_a_null_that_is_more_than_a_spare_member_is_refused_all_the_same(
    elements: dict[str, Any],
) -> None:
    assert isinstance(parse(raw(observation() | elements), NULLS), Refusal)


def test_a_null_beside_its_twin_stays_where_it_is() -> None:
    twin = {"given": [None, "Ann"], "_given": [{"id": "a"}, None], "family": None}

    assert NULLS.without_nulls({"name": [twin]}) == {
        "name": [{"given": [None, "Ann"], "_given": [{"id": "a"}, None]}]
    }


def test_inside_a_bundle_one_mark_stands_in_front_and_nulls_anywhere() -> None:
    request = {"method": "POST", "url": "Observation", "ifMatch": None}
    entry = {"fullUrl": None, "resource": NULLED | {"id": None, "meta": None}, "request": request}
    body = BOM + raw({"resourceType": "Bundle", "id": None, "type": "batch", "entry": [entry]})

    bundle = read_bundle(body, BOTH)

    assert isinstance(bundle, Bundle)
    (only,) = bundle.entries
    assert only.resource_type == "Observation"
    assert b"null" in only.raw
    assert isinstance(parse(only.raw, BOTH), ParsedObservation)
    assert isinstance(read_bundle(body, NULLS), Refusal)
    assert isinstance(read_bundle(body, MARK), Refusal)


def test_a_mark_inside_a_bundle_is_never_tolerated() -> None:
    entry = b'{"resource": ' + BOM + raw(observation()) + b', "request": {}}'
    body = b'{"resourceType": "Bundle", "type": "batch", "entry": [' + entry + b"]}"

    assert isinstance(read_bundle(body, BOTH), Refusal)


@pytest.mark.parametrize(
    ("body", "policy", "used"),
    [
        (b"{}", BOTH, set()),
        (BOM + b"{}", BOTH, {Tolerance.BOM}),
        (b'{"a":null}', BOTH, {Tolerance.NULL_MEMBERS}),
        (BOM + b'{"a" : null}', BOTH, set(Tolerance)),
        (b'{"a":"a null hypothesis"}', BOTH, set()),
        (BOM + b'{"a":null}', LENIENT, set()),
        (BOM + b'{"a":null}', MARK, {Tolerance.BOM}),
    ],
)
def test_what_was_tolerated_is_known(body: bytes, policy: Policy, used: set[Tolerance]) -> None:
    assert policy.used(body) == used


def test_what_only_a_tolerance_let_in_is_given_to_nobody() -> None:
    body = BOM + b'{"a": null, "b": [null, 72.50, {"c": null, "d": 1E3}], "e": "null"}'

    assert plain(body) == b'{"b":[null,72.50,{"d":1E3}],"e":"null"}'
    assert plain(b'{"a": 1.0}') == b'{"a": 1.0}'


@settings(deadline=None)
@given(st.data())
def test_tolerance_for_nulls_only_ever_takes_nulls_away_sec_33(data: st.DataObject) -> None:
    resource = data.draw(st.sampled_from(list(PLAIN.values())))
    place = data.draw(st.sampled_from(places(resource)))
    odd = changed(resource, place, data.draw(ODD))
    pruned = json.loads(json.dumps(odd), object_hook=_without)

    assert parse(raw(odd), NULLS) == parse(raw(pruned))


def _without(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if value is not None}


@settings(deadline=None)
@given(st.data(), st.sampled_from(list(Mode)), st.sets(st.sampled_from(list(Tolerance))))
def test_the_short_cut_is_right_under_every_policy_sec_33(
    data: st.DataObject, mode: Mode, tolerances: set[Tolerance]
) -> None:
    policy = Policy(mode, frozenset(tolerances))
    resource = data.draw(st.sampled_from(list(PLAIN.values())))
    body = raw(changed(resource, data.draw(st.sampled_from(places(resource))), data.draw(ODD)))

    taken = fast(body)

    assert taken is None or taken == parse_fully(body, policy)
