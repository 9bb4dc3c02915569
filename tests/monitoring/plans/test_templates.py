from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from core.errors import InvalidError
from core.vitals import Reading, Severity, Vital
from ingest.context.repository import medicine_classes
from ingest.enrolment import Absence, Person, Stay
from ingest.repository import condition_groups
from monitoring import eventtime
from monitoring.eventtime import Past, Version
from monitoring.plans.site_rules import SiteRules
from monitoring.plans.templates import Known, read_templates
from monitoring.service import load_templates
from tests.rulebook import RULEBOOK

TEMPLATES = load_templates(RULEBOOK)
SITE = SiteRules(RULEBOOK, (), TEMPLATES)
KNOWN = Known(RULEBOOK, frozenset(condition_groups()), medicine_classes())
TODAY = datetime(2026, 3, 20, 9, tzinfo=UTC)
DAY = TODAY.toordinal()
HEAD = 'version = "1"\n'
TEMPLATE = """
[[template]]
name = "x"
display = "x"
scope = { conditions = ["heart_failure"] }
"""
LIMIT = """
[[template.limit]]
vital = "heart_rate"
warn_high = 100
reason = "why"
basis = "where from"
"""


def read(text: str) -> object:
    return read_templates(text, KNOWN)


def person(*groups: str, **more: object) -> Person:
    return Person("p", "UTC", groups=frozenset(groups), **more)  # type: ignore[arg-type]  # fields


def discharged(days: int) -> tuple[Stay, ...]:
    out = TODAY - timedelta(days=days)
    return (Stay(Absence.ADMITTED, out - timedelta(days=5), out),)


@pytest.mark.parametrize(
    ("who", "names"),
    [
        (person(), []),
        (person("heart_failure"), ["heart_failure"]),
        (person("copd"), ["copd"]),
        (person("copd", scale_two=True), ["copd_scale_two"]),
        (person("atrial_fibrillation", "hypertension"), ["atrial_fibrillation", "hypertension"]),
        (person("diabetes"), ["diabetes"]),
        (person("diabetes", medicines=frozenset({"insulin"})), ["diabetes_insulin"]),
        (person("diabetes", medicines=frozenset({"sulfonylurea"})), ["diabetes_insulin"]),
        (person("diabetes", medicines=frozenset({"metformin"})), ["diabetes"]),
        (person("chronic_kidney_disease"), ["chronic_kidney_disease"]),
        (person(traits=frozenset({"frail"})), ["frailty"]),
        (person("dementia"), []),
        (person("dementia", lives_alone=True), ["dementia_alone"]),
        (person(stays=discharged(0)), ["after_discharge"]),
        (person(stays=discharged(30)), ["after_discharge"]),
        (person(stays=discharged(31)), []),
        (person(stays=(Stay(Absence.ADMITTED, TODAY),)), []),
        (person(stays=(Stay(Absence.PAUSED, TODAY, TODAY),)), []),
    ],
)
def test_each_condition_brings_its_template(who: Person, names: list[str]) -> None:
    assert [template.name for template in SITE.applying(who, DAY)] == names


def test_the_second_scale_is_never_inferred_from_copd() -> None:
    """fhir.md 7a: only a clinician's target together with the diagnosis makes it true."""
    [copd] = SITE.applying(person("copd"), DAY)

    assert copd.scope.scale_two is False


def test_templates_combine_into_one_plan_and_the_tighter_level_counts() -> None:
    who = person("heart_failure", "atrial_fibrillation", stays=discharged(3))

    plan = SITE.plan_of(who, DAY)

    low = [d for d in plan.decided if d.vital is Vital.SYSTOLIC_BP]
    assert [(d.value, d.limit.origin_name) for d in low] == [(100, "after_discharge")]
    assert ("heart_failure", 95, "the tighter of two counts") in {
        (g.limit.origin_name, g.value, g.why) for g in plan.gave_way
    }
    assert {
        d.limit.scope.conditions for d in plan.decided if d.limit.origin_name == "copd"
    } == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version =", "not TOML"),
        (TEMPLATE + LIMIT, "version is missing"),
        (HEAD + "x = 1\n" + TEMPLATE + LIMIT, "unknown entry x"),
        (HEAD + TEMPLATE, "no limit, and no note"),
        (HEAD + TEMPLATE + LIMIT + TEMPLATE + LIMIT, "x: the name stands twice"),
        (HEAD + TEMPLATE.replace("heart_failure", "gout") + LIMIT, "unknown condition gout"),
        (HEAD + TEMPLATE.replace("conditions", "colours") + LIMIT, "unknown field colours"),
        (
            HEAD + TEMPLATE.replace('conditions = ["heart_failure"]', "") + LIMIT,
            "a template is for somebody",
        ),
        (HEAD + TEMPLATE + 'rules = ["NONE"]\n' + LIMIT, "the rulebook has no rule NONE"),
        (HEAD + TEMPLATE + LIMIT.replace('basis = "where from"', ""), "basis is missing"),
        (HEAD + TEMPLATE + LIMIT + 'confidence = "sure"\n', "'sure' is no tag"),
        (HEAD + TEMPLATE + LIMIT + "locked = true\n", "locked: a template says nothing of it"),
        (HEAD + TEMPLATE + LIMIT.replace("100", "400"), "400 lies outside the plausible range"),
        (HEAD + TEMPLATE + LIMIT.replace("100", "135"), "warn_high: .*HR-HIGH3 says as much"),
        (
            HEAD
            + TEMPLATE
            + LIMIT.replace(
                "warn_high = 100", "alert_high = 115\nreadings = 2\nwithin_minutes = 10"
            ),
            "alert_high: .*HR-HIGH2 says as much",
        ),
        (
            HEAD + TEMPLATE + LIMIT + 'scope = { medicines = ["tea"] }\n',
            "nobody can take the class tea",
        ),
        (
            HEAD + TEMPLATE + LIMIT + "scope = { on_oxygen = true }\n",
            "scope.on_oxygen: known only at the time",
        ),
    ],
)
def test_what_makes_no_sense_or_adds_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        read(text)


def test_every_fault_of_the_templates_is_told_at_once() -> None:
    faulty = LIMIT.replace("100", "400").replace("why", "")

    with pytest.raises(InvalidError, match=r"unknown entry y.*400 lies outside.*reason is missing"):
        read(HEAD + "y = 1\n" + TEMPLATE + faulty)


def test_the_templates_that_ship_say_where_each_limit_comes_from() -> None:
    text = files("monitoring").joinpath("plans", "templates.toml").read_text(encoding="utf-8")

    shipped = read_templates(text, KNOWN)

    assert shipped == TEMPLATES
    assert all(limit.basis and limit.reason for t in shipped.templates for limit in t.limit)
    assert {d.severity for t in shipped.templates for d in SITE.plan_of(_of(t.name), DAY).decided}


def _of(name: str) -> Person:
    [template] = [each for each in TEMPLATES.templates if each.name == name]
    scope = template.scope
    return person(
        *scope.conditions,
        medicines=scope.medicines,
        traits=scope.traits,
        lives_alone=scope.lives_alone,
        scale_two=bool(scope.scale_two),
        stays=discharged(1) if scope.discharged_within else (),
    )


# Steady people, near the middle that evidence.md 8.2 gives, with its day-to-day spreads.
STEADY = {
    Vital.HEART_RATE: (74, 5.5),
    Vital.SYSTOLIC_BP: (130, 9),
    Vital.DIASTOLIC_BP: (76, 7),
    Vital.RESPIRATORY_RATE: (16, 1.5),
    Vital.BODY_TEMPERATURE: (36.5, 0.25),
    Vital.GLUCOSE: (140, 25),
}


def test_a_template_does_not_make_steady_people_alert() -> None:
    """Alert burden: for six steady people over 90 days each, under every template at once."""
    groups = {g for t in TEMPLATES.templates for g in t.scope.conditions}
    told = [news for seed in range(6) for news in _run(_steady(seed, frozenset(groups)))]
    of_plan = [n for n in told if n.finding.rule_id.startswith("PLAN-")]

    assert len(of_plan) / (6 * 90 / 365) < 1.0


def test_a_template_warns_where_no_rule_does() -> None:
    """A pulse of 104 on two days is nothing to the rulebook, and something in heart failure."""
    steady = _steady(1, frozenset({"heart_failure"}))
    last = [v for v in steady.versions if v.reading.vital is Vital.HEART_RATE][-2:]
    fast = [Version(replace(v.reading, value=104.0)) for v in last]
    past = Past(steady.person, [*(v for v in steady.versions if v not in last), *fast])

    [told] = [n for n in _run(past) if n.finding.rule_id.startswith("PLAN-")]

    assert (told.finding.rule_id, told.finding.severity) == (
        "PLAN-HEART_FAILURE-HEART_RATE-HIGH",
        Severity.YELLOW,
    )
    assert "template heart_failure" in told.finding.source


def test_a_past_is_judged_by_what_was_in_force_on_each_day() -> None:
    """The template of a discharge is for thirty days, not for all of what came after."""
    out = TODAY - timedelta(days=80)
    who = person(stays=(Stay(Absence.ADMITTED, out - timedelta(days=5), out),))
    fast = [
        Version(Reading(f"r{day}", Vital.HEART_RATE, 103.0, at, at))
        for day in (10, 11, 40, 41)
        if (at := out + timedelta(days=day))
    ]

    told = eventtime.run(Past(who, fast), rulebook=SITE, model=None, until=TODAY)
    days = {(n.at - out).days for n in told if n.finding.rule_id.startswith("PLAN-AFTER")}

    assert days == {11}


def _steady(seed: int, groups: frozenset[str]) -> Past:
    rng = random.Random(seed)  # noqa: S311 (a seeded simulation)
    start = TODAY - timedelta(days=90)
    who = Person(
        f"p{seed}",
        "UTC",
        groups=groups,
        lives_alone=True,
        medicines=frozenset({"insulin"}),
        traits=frozenset({"frail"}),
        stays=(Stay(Absence.ADMITTED, start - timedelta(days=6), start),),
    )
    readings = [
        Reading(
            f"{seed}-{vital}-{day}",
            vital,
            round(rng.gauss(middle, spread), 1),
            at := start + timedelta(days=day, minutes=rng.randrange(60)),
            at,
        )
        for vital, (middle, spread) in STEADY.items()
        for day in range(90)
    ]
    return Past(who, [Version(each) for each in readings])


def _run(past: Past) -> list[eventtime.News]:
    rulebook = SITE.rulebook_of(past.person, DAY)
    return list(eventtime.run(past, rulebook=rulebook, model=None, until=TODAY))
