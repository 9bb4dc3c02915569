"""The search of Observations against a plain filter over a list (FHIR-11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.door import heart_rate, named, patient

if TYPE_CHECKING:
    from tests.door import Gateway

LOINC = "http://loinc.org"
HEART_RATE = (LOINC, "8867-4")
CODES = [HEART_RATE, (LOINC, "x-1"), ("", "8867-4")]
DAY = datetime(2026, 3, 1, tzinfo=UTC)
# Each written time with the span it names, worked out by hand.
TIMES = {
    "2026": (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    "2026-03": (DAY, datetime(2026, 4, 1, tzinfo=UTC)),
    "2026-03-01": (DAY, DAY + timedelta(days=1)),
    "2026-03-02": (DAY + timedelta(days=1), DAY + timedelta(days=2)),
    "2026-03-01T23:59:59Z": (DAY + timedelta(seconds=86399), DAY + timedelta(days=1)),
    "2026-03-02T00:00:00Z": (DAY + timedelta(days=1), DAY + timedelta(seconds=86401)),
}
PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"]
AMOUNTS = [60, 70, 80.5]  # as they are sent, per minute
ASKED = {"60": (59.5, 60.5), "70.0": (69.95, 70.05), "80.5": (80.45, 80.55), "65": (64.5, 65.5)}
UNITS = {"": 1, "||/min": 1, "|http://unitsofmeasure.org|Hz": 60, "||mm[Hg]": 0}
SORTS = ["date", "-date", "_lastUpdated", "-_lastUpdated", "date,-_lastUpdated", ""]

observations = st.fixed_dictionaries(
    {
        "who": st.integers(0, 1),
        "code": st.sampled_from(CODES),
        # Nothing less exact than a day comes in for a vital sign (vs-1).
        "at": st.sampled_from([each for each in TIMES if each.count("-") > 1]),
        "status": st.sampled_from(["final", "preliminary"]),
        "value": st.sampled_from(AMOUNTS),
        "device": st.integers(0, 1),
    }
)
tokens = st.sampled_from([f"{LOINC}|8867-4", "8867-4", "|8867-4", f"{LOINC}|", "x-1", "other"])
dates = st.tuples(st.sampled_from(PREFIXES), st.sampled_from(list(TIMES)))
amounts = st.tuples(
    st.sampled_from(PREFIXES), st.sampled_from(list(ASKED)), st.sampled_from(list(UNITS))
)
queries = st.fixed_dictionaries(
    {"who": st.integers(0, 1)},
    optional={
        "code": st.lists(tokens, min_size=1, max_size=2),
        "date": st.lists(dates, min_size=1, max_size=2),
        "status": st.lists(st.sampled_from(["final", "registered", "amended"]), min_size=1),
        "value-quantity": amounts,
        "combo-code": tokens,
        "device": st.integers(0, 1),
    },
)


def code_fits(token: str, system: str, code: str) -> bool:
    wanted_system, bar, wanted = token.rpartition("|")
    return wanted in ("", code) and (not bar or wanted_system == system)


def date_fits(prefix: str, text: str, target: str) -> bool:
    (low, high), (start, end) = TIMES[text], TIMES[target]
    contained = low <= start <= end <= high
    return {
        "": contained,
        "eq": contained,
        "ne": not contained,
        "gt": high < end,
        "lt": start < low,
        "ge": high < end or contained,
        "le": start < low or contained,
        "sa": high <= start,
        "eb": end <= low,
    }[prefix]


def amount_fits(asked: tuple[str, str, str], value: float, code: tuple[str, str]) -> bool:
    """Compare in the unit that is asked for: beats a minute, or sixty times fewer in Hz.

    Only where the code is known to be a heart rate is the unit known to convert.
    """
    prefix, text, unit = asked
    if not UNITS[unit] or (UNITS[unit] != 1 and code != HEART_RATE):
        return False
    low, high = ASKED[text]
    held, number = value / UNITS[unit], float(text)
    inside = low <= held < high
    return {
        "": inside,
        "eq": inside,
        "ne": not inside,
        "gt": held > number,
        "lt": held < number,
        "ge": held > number or inside,
        "le": held < number or inside,
        "sa": held > number,
        "eb": held < number,
    }[prefix]


def meant(each: dict[str, Any], query: dict[str, Any]) -> bool:
    return (
        each["who"] == query["who"]
        and ("code" not in query or any(code_fits(t, *each["code"]) for t in query["code"]))
        and all(date_fits(prefix, text, each["at"]) for prefix, text in query.get("date", ()))
        and ("status" not in query or each["status"] in query["status"])
        and (
            "value-quantity" not in query
            or amount_fits(query["value-quantity"], each["value"], each["code"])
        )
        and ("combo-code" not in query or code_fits(query["combo-code"], *each["code"]))
        and ("device" not in query or each["device"] == query["device"])
    )


def resource(each: dict[str, Any], who: list[str], devices: list[str]) -> dict[str, Any]:
    system, code = each["code"]
    coding = {"code": code} | ({"system": system} if system else {})
    return named(
        heart_rate(
            f"Patient/{who[each['who']]}",
            each["value"],
            device={"reference": f"Device/{devices[each['device']]}", "display": str(uuid4())},
            status=each["status"],
            code={"coding": [coding]},
            category=[],
            effectiveDateTime=each["at"],
        )
    )


def pairs(query: dict[str, Any], who: list[str], devices: list[str]) -> list[tuple[str, str]]:
    asked = [("patient", who[query["who"]])]
    asked += [("combo-code", query["combo-code"])] if "combo-code" in query else []
    asked += [("device", devices[query["device"]])] if "device" in query else []
    if "value-quantity" in query:
        asked.append(("value-quantity", "".join(query["value-quantity"])))
    asked += [(name, ",".join(query[name])) for name in ("code", "status") if name in query]
    return asked + [("date", prefix + text) for prefix, text in query.get("date", ())]


def walk(gateway: Gateway, query: list[tuple[str, str]]) -> list[str]:
    answer = gateway.get(f"/fhir/Observation?{urlencode(query)}")
    found: list[str] = []
    while True:
        bundle = answer.json()
        found += [each["resource"]["id"] for each in bundle.get("entry", ())]
        links = {each["relation"]: each["url"] for each in bundle["link"]}
        if "next" not in links:
            return found
        answer = gateway.get(links["next"])


@pytest.mark.parametrize("sort", SORTS)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(held=st.lists(observations, max_size=6), asked=st.lists(queries, min_size=1, max_size=4))
def test_a_search_finds_what_a_plain_filter_finds_fhir_11(
    gateway: Gateway, sort: str, held: list[dict[str, Any]], asked: list[dict[str, Any]]
) -> None:
    who = [gateway.create(patient()), gateway.create(patient())]
    devices = [gateway.create(named({"resourceType": "Device"})) for _ in range(2)]
    stored = {}
    for each in held:
        body = resource(each, who, devices)
        body.pop("category")
        stored[gateway.create(body)] = each

    for query in asked:
        order = [("_sort", sort)] if sort else []
        found = walk(gateway, [*pairs(query, who, devices), *order, ("_count", "2")])

        assert sorted(found) == sorted(id_ for id_, each in stored.items() if meant(each, query))
