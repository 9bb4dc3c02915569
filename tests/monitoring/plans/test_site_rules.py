from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import MEASURES, Severity, Vital
from ingest.enrolment import Person
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.plans.plan_file import SitePlan
from monitoring.plans.site_rules import SiteRules, site_rules
from monitoring.service import load_templates
from tests.monitoring.plans.test_giving_way import VITALS, clinicians_limits
from tests.monitoring.plans.test_in_force import findings
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from monitoring.findings import Finding

TEMPLATES = load_templates(RULEBOOK)
SITE = SiteRules(RULEBOOK, (), TEMPLATES)
DAY = datetime(2026, 3, 20, tzinfo=UTC).toordinal()
SICK = Person("p", "UTC", groups=frozenset({"heart_failure"}))
WELL = Person("q", "UTC")
OWN = PlanLimit(
    vital=Vital.HEART_RATE,
    reason="lives at 115 since her pacemaker",
    alert_high=125,
    set_by="Dr Han",
    set_on=date(2026, 3, 1),
    review_by=date(2026, 9, 1),
    origin=Origin.CLINICIAN,
)


def test_two_people_with_the_same_limits_share_one_rulebook() -> None:
    other = replace(SICK, id="other", birth_date=date(1940, 1, 1))
    theirs = replace(OWN, set_by="Dr Lim", reason="another reason", set_on=date(2026, 1, 1))

    assert SITE.rulebook_of(SICK, DAY) is SITE.rulebook_of(other, DAY)
    assert SITE.rulebook_of(SICK, DAY, [OWN]) is SITE.rulebook_of(other, DAY, [theirs])
    assert SITE.rulebook_of(SICK, DAY) is not SITE.rulebook_of(WELL, DAY)


def test_the_hash_names_rulebook_plan_templates_and_the_persons_own_limits() -> None:
    plan = SitePlan("1", "ward", "s", "h")
    wider = replace(OWN, alert_high=130.0)
    rulebooks = [
        SiteRules(RULEBOOK).rulebook_of(SICK, DAY),
        site_rules(RULEBOOK, TEMPLATES, None).rulebook_of(WELL, DAY),
        site_rules(RULEBOOK, TEMPLATES, None).rulebook_of(SICK, DAY),
        site_rules(RULEBOOK, TEMPLATES, plan).rulebook_of(SICK, DAY),
        site_rules(RULEBOOK, replace(TEMPLATES, hash="x"), plan).rulebook_of(SICK, DAY),
        SITE.rulebook_of(SICK, DAY, [OWN]),
        SITE.rulebook_of(SICK, DAY, [wider]),
    ]

    assert rulebooks[0].hash == RULEBOOK.hash
    assert len({each.hash for each in rulebooks}) == len(rulebooks)


def test_every_process_gives_the_same_hash() -> None:
    """Sets have another order in each process; a hash that followed it would judge anew."""
    program = (
        "from tests.monitoring.plans.test_site_rules import DAY, OWN, SICK, SITE;"
        "print(SITE.rulebook_of(SICK, DAY, [OWN]).hash)"
    )

    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert hashes == {SITE.rulebook_of(SICK, DAY, [OWN]).hash + "\n"}


def test_nothing_of_who_set_a_limit_or_why_is_in_what_people_are_judged_by() -> None:
    """A reason may name somebody: it stays with the plan, sealed."""
    rulebook = SITE.rulebook_of(SICK, DAY, [OWN])

    [rule] = [each for each in rulebook.rules if each.id == "PLAN-OWN-HEART_RATE-HIGH"]

    assert "pacemaker" not in repr(rule)
    assert "Han" not in repr(rule)
    assert rule.source == "plan (clinician): a limit that a clinician set for this patient"


def test_the_plan_that_is_shown_says_who_set_it_and_why() -> None:
    plan = SITE.plan_of(SICK, DAY, [OWN])

    [mine] = [d for d in plan.decided if d.limit.origin is Origin.CLINICIAN]

    assert (mine.severity, mine.value, mine.limit) == (Severity.AMBER, 125, OWN)
    assert {(g.limit.origin_name, g.value) for g in plan.gave_way} >= {("heart_failure", 100)}
    assert "HR-HIGH2" in plan.replaced


@pytest.mark.parametrize(
    ("plan", "names"),
    [
        (SitePlan("1", "w", "s", "h"), {t.name for t in TEMPLATES.templates}),
        (SitePlan("1", "w", "s", "h", only=frozenset({"HF-W3"})), set()),
        (SitePlan("1", "w", "s", "h", templates=frozenset({"copd"})), {"copd"}),
        (SitePlan("1", "w", "s", "h", only=frozenset(), templates=frozenset({"copd"})), {"copd"}),
        (SitePlan("1", "w", "s", "h", templates=frozenset()), set()),
    ],
)
def test_a_site_chooses_its_templates_and_with_only_some_rules_has_none(
    plan: SitePlan, names: set[str]
) -> None:
    used = site_rules(RULEBOOK, TEMPLATES, plan).templates

    assert {each.name for each in used.templates} == names


GROUPS = sorted({g for t in TEMPLATES.templates for g in t.scope.conditions})
ONLY_A_FEW = SitePlan("1", "w", "s", "h", only=frozenset({"HF-W3"}), off={"SPO2-CRIT": "none"})


@settings(max_examples=60, deadline=None)  # a rulebook is made for most examples
@given(
    st.frozensets(st.sampled_from(GROUPS)),
    st.lists(clinicians_limits(), max_size=3),
    st.sampled_from([None, ONLY_A_FEW]),
    st.sampled_from(VITALS),
    st.data(),
)
def test_no_plan_of_anybody_takes_away_or_delays_a_red_al_01(
    groups: frozenset[str],
    own: list[PlanLimit],
    plan: SitePlan | None,
    vital: Vital,
    data: st.DataObject,
) -> None:
    """AL-01: under templates, a site's plan and clinicians' limits, what is RED is RED at once."""
    measure = MEASURES[vital]
    value = float(data.draw(st.integers(int(measure.low), int(measure.high))))
    site = site_rules(RULEBOOK, TEMPLATES, plan)
    who = Person("p", "UTC", groups=groups, lives_alone=True)

    before = reds(findings(RULEBOOK, vital, value, groups=groups))
    after = reds(findings(site.rulebook_of(who, DAY, own), vital, value, groups=groups))

    assert after == before


def reds(found: list[Finding]) -> set[tuple[str, datetime]]:
    return {(each.rule_id, each.at) for each in found if each.severity is Severity.RED}
