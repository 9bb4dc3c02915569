"""What `wardlight replay` tells of the learned score: beside its alerts, and day by day."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.replay import replay
from core.errors import InvalidError
from fhir.strict import check, decode
from monitoring import service
from monitoring.rule_kinds import ScoreRule
from tests.app.test_replay import START, fluid, observation, patient, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.test_replay import Resource


def drifting(name: str = "dora") -> list[Resource]:
    """Eighteen calm days, then four on which pulse, oxygen and weight get a little worse."""
    calm = {"8867-4": (72, 8), "59408-5": (95, -1), "29463-7": (80, 1)}
    return [
        patient(name, "Asia/Seoul"),
        *(
            observation(
                name, code, usual + day % 2 + worse * max(day - 17, 0), START + timedelta(days=day)
            )
            for day in range(22)
            for code, (usual, worse) in calm.items()
        ),
    ]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Resource], list[Resource]]:
    """What a drifting person's replay writes: alerts, and the last score of each day."""
    folder = tmp_path_factory.mktemp("scored")
    write(folder, drifting())
    output, curve = folder / "out.ndjson", folder / "scores.ndjson"
    model, rules = service.load_model(), service.load_rulebook()
    assert model is not None
    alone = replace(rules, rules=tuple(r for r in rules.rules if isinstance(r, ScoreRule)))
    summary = replay(
        folder,
        output,
        per_day=False,
        rulebook=alone,
        model=replace(model, thresholds={"YELLOW": 0.0125, "AMBER": 0.5}),
        scores=curve,
    )
    issues, scores = (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in (output, curve)
    )
    assert summary.scored[True] + summary.scored[False] == len(scores)
    return issues, scores


def sound(resource: Resource) -> bool:
    """Return whether a resource is valid as it was written."""
    strict = decode(json.dumps(resource).encode())
    return isinstance(strict, dict) and check(strict) == ()


def test_an_alert_of_the_score_carries_the_score_it_rests_on(
    scored: tuple[list[Resource], list[Resource]],
) -> None:
    own = [each for each in scored[0] if each["code"]["coding"][0]["code"] == "RISK"]

    assert own
    for issue in own:
        assert sound(issue)
        [score] = issue["contained"]
        first = score["prediction"][0]
        said = re.search(r"Learned score (\d+) % for (.+) within 7 days", issue["detail"])
        assert said is not None
        assert issue["evidence"] == [{"detail": [{"reference": "#score"}]}]
        assert score["method"]["coding"][0]["code"].startswith("risk-")
        assert first["outcome"]["coding"][0]["code"] != "any"
        assert first["outcome"]["text"] == said[2]
        assert round(100 * first["probabilityDecimal"]) == int(said[1])
        assert first["whenRange"]["high"]["value"] == 7 * 24
        assert "any" in {p["outcome"]["coding"][0]["code"] for p in score["prediction"]}


def test_the_score_of_each_day_is_written_and_so_is_that_it_abstained(
    scored: tuple[list[Resource], list[Resource]],
) -> None:
    days = [each["occurrenceDateTime"] for each in scored[1]]
    silent = [each for each in scored[1] if "prediction" not in each]

    assert days == [f"2026-03-{day:02d}T23:59:59+09:00" for day in range(2, 24)]
    assert all(sound(each) for each in scored[1])
    assert silent == scored[1][: len(silent)]
    assert 10 < len(silent) < 16
    assert {each["note"][0]["text"] for each in silent} == {
        "the learned score abstains: no vital of the last week has a personal baseline yet"
    }
    for each in scored[1][len(silent) :]:
        told = {
            (p["outcome"]["coding"][0]["code"], p["whenRange"]["high"]["value"]): p
            for p in each["prediction"]
        }
        assert each["subject"] == {"reference": "Patient/dora"}
        assert each["prediction"][0]["outcome"]["text"] == "worsening"
        assert next(iter(told)) == ("any", 168)
        assert told["any", 72]["probabilityDecimal"] <= told["any", 168]["probabilityDecimal"]
        assert {b["reference"].partition("/")[0] for b in each["basis"]} == {"Observation"}


def test_an_alert_of_the_score_is_of_the_arrival_that_raised_it(
    scored: tuple[list[Resource], list[Resource]],
) -> None:
    own = [each for each in scored[0] if each["code"]["coding"][0]["code"] == "RISK"]
    arrivals = {(START + timedelta(days=day)).isoformat() for day in range(22)}

    assert own[0]["identifiedDateTime"] in arrivals


def test_scores_without_a_model_are_refused(tmp_path: Path) -> None:
    write(tmp_path, fluid())

    with pytest.raises(InvalidError, match="no scores to write"):
        replay(
            tmp_path,
            tmp_path / "out.ndjson",
            per_day=False,
            rulebook=service.load_rulebook(),
            model=None,
            scores=tmp_path / "scores.ndjson",
        )
