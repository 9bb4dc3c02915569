"""The page of rules: every rule in force with its grounds, filtered by the address."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import app.pages.router
from app.pages.rules import view
from core.vitals import Severity, Vital
from monitoring.rule_words import conduct, kind_name, scope_words, tiers, vitals_of
from monitoring.service import load_templates
from tests.app.conftest import BASE, SETTINGS, Enter, csrf
from tests.rulebook import RULEBOOK
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database
    from monitoring.plans.templates import Template
    from monitoring.rule_kinds import Rule
    from tests.ward import Ward

TEMPLATES = load_templates(RULEBOOK)


def limits(template: Template, vital: Vital) -> bool:
    return any(limit.vital is vital for limit in template.limit)


PLAN = """
version = "7"
name = "a service"
source = "agreed in a meeting"
[off]
"COMBO" = "each alert is read by itself"
[hours]
opens = 09:00:00
closes = 17:00:00
[[limit]]
vital = "systolic_bp"
alert_high = 165
reason = "the service's own"
"""


def ids(page: str) -> set[str]:
    return set(re.findall(r'<article class="card rule" id="([^"]+)"', page))


def test_every_rule_in_force_is_shown_with_both_sentences_source_and_hash(
    enter: Enter, ward: Ward
) -> None:
    page = enter(ward.username).get("/rules").text

    assert ids(page) == set(RULEBOOK.by_id)
    assert RULEBOOK.hash in page
    assert page.count("<dt>Clinician reads</dt>") == len(RULEBOOK.rules)
    assert page.count("<dt>Source</dt>") == len(RULEBOOK.rules)
    assert "SpO2 [value] %, RED limit [limit] % or less" in page
    assert 'href="/rules" aria-current="page"' in page
    assert "up to 8 scores 3; 9 to 11 scores 1; 12 to 20 scores 0" in page


def templates(page: str) -> list[str]:
    return re.findall(r'<article class="card rule template" id="template-([^"]+)"', page)


def test_every_template_of_a_condition_stands_there_with_its_limits_and_sources(
    enter: Enter, ward: Ward
) -> None:
    page = html.unescape(enter(ward.username).get("/rules").text)

    assert templates(page) == [each.name for each in TEMPLATES.templates]
    for template in TEMPLATES.templates:
        assert template.display in page
        assert all(f'href="/rules#{rule}"' in page for rule in template.rules)
        for limit in template.limit:
            assert limit.reason in page
            assert limit.basis in page
    assert TEMPLATES.hash in page
    assert "Heart rate at least 100 /min; 2 readings within 2 days, 1 h apart must agree" in page


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("condition=copd", ["copd"]),
        ("vital=glucose", [t.name for t in TEMPLATES.templates if limits(t, Vital.GLUCOSE)]),
        ("tier=RED", []),
    ],
)
def test_the_filters_choose_among_the_templates_too(
    enter: Enter, ward: Ward, asked: str, expected: list[str]
) -> None:
    assert templates(enter(ward.username).get(f"/rules?{asked}").text) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("tier=RED", {r.id for r in RULEBOOK.rules if Severity.RED in tiers(r)}),
        ("vital=spo2", {r.id for r in RULEBOOK.rules if "spo2" in vitals_of(r)}),
        (
            "condition=copd",
            {r.id for r in RULEBOOK.rules if "copd" in r.scope.conditions},
        ),
        ("condition=anybody&vital=glucose&tier=RED", {"GLU-L2"}),
        ("vital=mood", set()),
    ],
)
def test_the_address_says_which_rules_are_shown(
    enter: Enter, ward: Ward, asked: str, expected: set[str]
) -> None:
    page = enter(ward.username).get(f"/rules?{asked}").text

    assert ids(page) == expected
    assert len(expected) < len(RULEBOOK.rules)
    assert f"{len(expected)} of {len(RULEBOOK.rules)} rules fit what you chose" in page


def test_nobody_reads_them_without_signing_in(visitor: TestClient) -> None:
    answer = visitor.get("/rules", headers={"accept": "text/html"})

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_what_the_sites_plan_changes_is_said_with_its_reasons(
    database: Database, ward: Ward, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN, encoding="utf-8")
    web = FastAPI()
    app.pages.router.mount(web, database, SETTINGS.model_copy(update={"plan": plan}))
    client = TestClient(web, base_url=BASE)
    token = csrf(client.get("/sign-in").text)
    fields = {"username": ward.username, "password": PASSWORD, "csrf": token}
    client.post("/sign-in", data=fields)

    page = client.get("/rules").text

    assert "a service, version 7" in page
    assert "each alert is read by itself" in page
    assert "09:00 to 17:00" in page
    assert "COMBO" not in ids(page)
    assert "PLAN-SYSTOLIC_BP-HIGH" in ids(page)
    assert "the service&#39;s own" in page


def test_a_rule_in_shadow_says_that_nobody_is_told() -> None:
    assert view(replace(RULEBOOK.by_id["SPO2-CRIT"], shadow=True)).shadow


def test_fields_are_called_what_people_call_them_in_either_language_ux_17() -> None:
    """UX-17: by a name of their own, and never by that of the file; a code stays a code."""
    rule = RULEBOOK.by_id["HF-W3"]
    english, korean = (dict(view(rule, language).conduct) for language in ("en", "ko"))

    assert english["window in days"] == korean["보는 기간(일)"] == "3"
    assert view(rule).people == "conditions heart failure"
    assert view(rule, "ko").people == "질환 심부전"
    assert scope_words(rule.scope) == "conditions heart_failure"
    for each in RULEBOOK.rules:
        said = view(each, "ko")
        words = " ".join(
            (said.kind, said.people, *(word for pair in said.conduct for word in pair))
        )
        assert not re.search(r"[a-z]+_[a-z]|\b[a-z]{4,}", words), (each.id, words)


RED = "SpO2 at most 91 %; opens at once, unconfirmed until 2 readings within 10 min agree"
AMBER = (
    "Systolic BP at most 100 mmHg and above 90 mmHg and 20 mmHg or more below the usual of 14 days;"
    " 2 readings within 1 h must agree; unconfirmed where nobody repeats it for 1 h"
)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("SPO2-CRIT", ("RED", RED)),
        ("SPO2-CRIT", ("clears", "1 % back inside the limit")),
        ("SBP-LOW2", ("AMBER", AMBER)),
        ("HF-W3", ("window days", "3")),
    ],
)
def test_limits_windows_and_repeats_are_said_in_words(rule: str, words: tuple[str, str]) -> None:
    assert words in conduct(RULEBOOK.by_id[rule])


@pytest.mark.parametrize("rule", RULEBOOK.rules, ids=lambda rule: rule.id)
def test_each_rule_says_when_it_fires_or_that_its_kind_alone_decides(rule: Rule) -> None:
    assert conduct(rule) or kind_name(rule) in {"clock", "hub", "early-warning"}
