from __future__ import annotations

import json
from datetime import UTC, datetime

from fhir.measure_report import (
    Account,
    Counts,
    Measured,
    Strata,
    Stratum,
    bundle,
    measure,
    measure_report,
)

MADE = datetime(2026, 11, 23, 7, tzinfo=UTC)
ACCOUNT = Account(
    "Group/1", datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), MADE, "k"
)
SHARE = Measured(
    "alerts-true",
    "PPV",
    "Those that were true.",
    "increase",
    Counts(12, 8, 6),
    [Strata("tier", [Stratum("RED", Counts(4, 3, 3)), Stratum("DQ", Counts(2, 0, 0))])],
)
COUNT = Measured("people", "People", "Patients.", "", Counts(7))


def test_a_share_has_its_populations_and_its_score_fhir_25() -> None:
    (group,) = measure_report(SHARE, ACCOUNT)["group"]

    assert [each["count"] for each in group["population"]] == [12, 8, 6]
    assert group["measureScore"] == {"value": 0.75}
    red, other = group["stratifier"][0]["stratum"]
    assert red["measureScore"] == {"value": 1.0}
    assert "measureScore" not in other, "nothing of nothing is no share"


def test_a_count_has_no_score_and_its_measure_is_a_cohort() -> None:
    (group,) = measure_report(COUNT, ACCOUNT)["group"]

    assert [each["count"] for each in group["population"]] == [7]
    assert "measureScore" not in group
    assert measure(COUNT)["scoring"]["coding"][0]["code"] == "cohort"


def test_each_report_names_the_measure_that_lies_beside_it() -> None:
    made = bundle([SHARE, COUNT], ACCOUNT)
    resources = [each["resource"] for each in made["entry"]]

    defined = {f"{each['url']}|{each['version']}" for each in resources if "url" in each}

    assert {each["measure"] for each in resources if "measure" in each} == defined
    assert len({each["fullUrl"] for each in made["entry"]}) == 4
    assert json.loads(json.dumps(made)) == made
