from __future__ import annotations

from datetime import date, time

import pytest

from core.errors import InvalidError
from core.vitals import Vital
from monitoring.plans.limits import Origin, source
from monitoring.plans.plan_file import read_plan

HEAD = 'version = "1"\nname = "ward"\nsource = "agreed in May"\n'
LIMIT = """
[[limit]]
vital = "systolic_bp"
alert_low = 90
warn_low = 100
warn_high = 160
alert_high = 180
reason = "the service's own"
set_by = "Dr Example"
review_by = 2027-05-01
locked = true
"""


def read(text: str) -> object:
    return read_plan(text, rules={"HF-W3", "SPO2-CRIT"}, conditions={"heart_failure"})


def test_a_plan_says_its_limits_who_set_them_why_and_until_when() -> None:
    plan = read_plan(HEAD + LIMIT, rules=(), conditions=())

    [limit] = plan.limits
    assert (limit.vital, limit.origin, limit.locked) == (Vital.SYSTOLIC_BP, Origin.SITE, True)
    assert (limit.alert_low, limit.warn_low, limit.warn_high, limit.alert_high) == (
        90.0,
        100.0,
        160.0,
        180.0,
    )
    assert limit.review_by == date(2027, 5, 1)
    assert source(limit) == (
        "plan (site): the service's own; set by Dr Example; to be reviewed by 2027-05-01"
    )


def test_a_plan_says_which_rules_are_used_and_when_somebody_reads() -> None:
    plan = read_plan(
        HEAD
        + 'only = ["HF-W3"]\n[off]\n"SPO2-CRIT" = "no oximeters"\n'
        + "[hours]\nopens = 09:00:00\ncloses = 17:30:00\ndays = ['mon', 'fri']\n",
        rules={"HF-W3", "SPO2-CRIT"},
        conditions=(),
    )

    assert plan.only == frozenset({"HF-W3"})
    assert plan.off == {"SPO2-CRIT": "no oximeters"}
    assert plan.hours is not None
    assert (plan.hours.closes, plan.hours.days) == (time(17, 30), ("mon", "fri"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name =", "not TOML"),
        ('version = "1"\n', "name is missing"),
        (HEAD + "limits = []\n", "unknown part limits"),
        (HEAD + 'only = ["NONE"]\n', "the rulebook has no rule NONE"),
        (HEAD + '[off]\n"HF-W3" = ""\n', "off: HF-W3 has no reason"),
        (HEAD + LIMIT.replace("systolic_bp", "systolic"), "'systolic' is not a valid Vital"),
        (HEAD + LIMIT.replace("alert_low = 90", "alert_low = 110"), "levels must rise"),
        (HEAD + LIMIT.replace("alert_high = 180", "alert_high = 400"), "400 lies outside"),
        (HEAD + LIMIT.replace("the service's own", ""), "reason is missing"),
        (HEAD + "[[limit]]\nvital = 'spo2'\nreason = 'x'\n", "none of alert_low"),
        (HEAD + LIMIT + "scope = { conditions = ['gout'] }\n", "unknown condition gout"),
        (HEAD + "[[limit]]\nvital='spo2'\nreason='x'\nfrom_usual=true\nwarn_low=3\n", "below 0"),
        (HEAD + "[hours]\nopens = 17:00:00\ncloses = 09:00:00\n", "opens must be before closes"),
        (HEAD + "[hours]\nopens = 9\ncloses = 17:00:00\n", "hours: opens must be time"),
        (HEAD + "[hours]\nopens = 09:00:00\ncloses = 17:00:00\ndays = ['sol']\n", "day sol"),
        (HEAD + LIMIT + "within_minutes = 0\n", "must be above 0"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        read(text)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InvalidError, match=r"unknown part x.*limit 1.*levels must rise"):
        read(HEAD + "x = 1\n" + LIMIT.replace("alert_low = 90", "alert_low = 110"))
