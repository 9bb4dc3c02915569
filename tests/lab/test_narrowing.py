from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.vitals import Severity
from lab.contest import Seen
from lab.judging import Judged
from lab.narrowing import of_several, said_by, several_signs, without_falls
from lab.replayed import Said
from monitoring.service import load_rulebook
from tests.lab.watched_people import a_person

SEEN = Seen(np.empty(0), (), first=28.0, last=400.0, start=0.0, rules={}, others={})


def test_without_falls_neither_the_fall_nor_its_detector_counts() -> None:
    told = [
        Said(100.0, "welfare", "FALL-DEV", Severity.RED),
        Said(110.0, "welfare", "MOT-NONE", Severity.RED),
        Said(120.0, "fluid", "HF-W7", Severity.AMBER),
    ]
    seen = replace(SEEN, events=np.array([100.5, 125.0]), kinds=("fall", "copd"))

    found = without_falls(Judged(seen, told))

    assert found.kinds == ("copd",)
    assert found.events.tolist() == [125.0]
    assert {problem: days.tolist() for problem, days in found.rules.items()} == {
        "welfare": [110.0],
        "fluid": [120.0],
    }


def test_the_sharper_alerts_are_red_or_of_several_signs() -> None:
    several = several_signs(load_rulebook())
    told = [
        Said(100.0, "fluid", "HF-W7", Severity.AMBER),
        Said(110.0, "breathing", "SPO2-CRIT", Severity.RED),
        Said(120.0, "decline", "MULTI-2", Severity.AMBER),
    ]

    found = of_several(Judged(SEEN, told), several)

    assert {problem: days.tolist() for problem, days in found.rules.items()} == {
        "breathing": [110.0],
        "decline": [120.0],
    }
    assert {"COMBO", "SEPSIS-C", "NEWS2-7", "COPD-OXI"} <= several
    assert not {"NEWS2-S3", "HF-SX", "HF-W3", "GLU-NPO"} & several


def test_the_score_can_stand_where_the_rules_do() -> None:
    one = a_person(alerts=(100.0, 200.0))

    assert said_by(one.seen, "plain").rules["breathing"].tolist() == [100.0, 200.0]
    assert said_by(one.seen, "nothing of that name").rules == {}
