"""Observations and searches, each a little broken in many ways, are never a server error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fhir.search_parameters import SEARCHES
from tests.fhir.payloads import half, observation, pressure, quantity
from tests.fuzz.conftest import refused_or_taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.fuzz.conftest import Target

pytestmark = pytest.mark.processes
# A fixed seed: the same requests on every machine, so that a failure can be repeated.
FIXED = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
BASES = [
    observation(),
    observation("29463-7", valueQuantity=quantity(71.5, "[lb_av]", "lb")),
    pressure(half("8480-6", 120), half("8462-4", 80)),
    observation(valueQuantity=None, dataAbsentReason={"text": "asleep"}),
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(["", " ", "2026-13-40", "9999-12-31T23:59:60Z", "Patient/", "urn:uuid:", "\0"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=8), st.integers(), max_size=3),
    st.builds(lambda: [[]]),
    st.builds(lambda: {"extension": [{"url": "x"}]}),  # a new one each time: it is changed
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything inside a document."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(BASES))))
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from(list(places(document))))
        node: Any = document
        for step in where[:-1]:
            node = node[step]
        if draw(st.booleans()):
            node[where[-1]] = draw(ODD)
        elif isinstance(node, dict):
            node[draw(st.text(max_size=8))] = node.pop(where[-1])
        else:
            node.append(draw(ODD))
        if not document:
            break
    return document


@FIXED
@given(document=mutated())
def test_a_mutated_observation_is_taken_or_refused_sec_42(
    target: Target, http: httpx.Client, document: dict[str, Any]
) -> None:
    if document.get("subject") == {"reference": "Patient/p1"}:
        document["subject"] = {"reference": f"Patient/{target.patient_id}"}
    refused_or_taken(http.post("/Observation", content=json.dumps(document).encode()))


@FIXED
@given(
    base=st.sampled_from(BASES),
    cuts=st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_observations_with_changed_bytes_are_taken_or_refused_sec_42(
    http: httpx.Client, base: dict[str, Any], cuts: list[tuple[int, bytes]]
) -> None:
    body = bytearray(json.dumps(base).encode())
    for at, replacement in cuts:
        body[at % len(body) : at % len(body) + 2] = replacement
    refused_or_taken(http.post("/Observation", content=bytes(body)))


NAMES = sorted({each.name for searches in SEARCHES.values() for each in searches})
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "|",
            "a|b|c",
            "ge",
            "eq2026-02-30",
            "ge2026",
            "Patient/",
            "-1",
            "9" * 40,
            "a,b,",
            "\\,",
            "'",
        ]
    ),
)


@FIXED
@given(
    kind=st.sampled_from(sorted(SEARCHES)),
    pairs=st.lists(
        st.tuples(
            st.one_of(
                st.sampled_from([*NAMES, "_count", "_sort", "_include", "_total", "_summary"]),
                st.text(max_size=12),
            ),
            VALUES,
        ),
        max_size=4,
    ),
    by_form=st.booleans(),
)
def test_a_search_is_answered_or_refused_sec_42(
    http: httpx.Client, kind: str, pairs: list[tuple[str, str]], *, by_form: bool
) -> None:
    if by_form:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = http.post(f"/{kind}/_search", data=dict(pairs), headers=form)
    else:
        answer = http.get(f"/{kind}?{urlencode(pairs)}")
    refused_or_taken(answer)
