"""Every rule is called by words and not only by its code, in either language (UX-08, UX-17)."""

from __future__ import annotations

from app.pages.language import language
from app.pages.rule_names import NAMES, rule_name
from monitoring.service import load_rulebook


def test_every_rule_of_the_rulebook_has_a_name_of_its_own_ux_08() -> None:
    rulebook = load_rulebook()
    known = {rule.id for rule in rulebook.rules}

    assert set(NAMES) == known
    assert len(set(NAMES.values())) == len(NAMES)


def test_every_name_has_its_korean_ux_17() -> None:
    korean = {rule: rule_name(rule, language("ko")) for rule in NAMES}

    assert [rule for rule, name in korean.items() if name == NAMES[rule]] == []
    assert len(set(korean.values())) == len(korean)


def test_a_rule_that_a_plan_made_has_no_name() -> None:
    assert not rule_name("PLAN-SPO2", language("en"))
