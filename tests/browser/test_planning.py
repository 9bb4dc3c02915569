"""A physician changes a limit, sees what it would have done, saves; two at once (UX-05, UX-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.clock import utc_now
from tests.browser.conftest import Open, sign_in, visit
from tests.browser.test_pages import AXE, AXE_RUN, SMALLEST, TAGS, WIDE
from tests.ward import INSUK

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ward import Ward

PEOPLE = (INSUK,)
pytestmark = pytest.mark.browser


def typed(page: Page, path: str, level: str) -> None:
    """Type a warning for systolic pressure and ask what it would change."""
    visit(page, f"{path}?measure=systolic_bp")
    form = page.locator("#limit-form")
    form.get_by_label("Warn high (YELLOW)").fill(level)
    form.get_by_label("Reason").fill("lives above that")
    form.get_by_label("Review by").fill(f"{utc_now() + timedelta(days=60):%Y-%m-%d}")
    form.get_by_role("button", name="Show what it would change").click()
    page.get_by_text("In the last 90 days it would have raised").wait_for()


def faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = page.evaluate(AXE_RUN, options)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    told = [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]
    return [*told, *([f"{wide} px too wide"] if wide > 0 else [])]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_physician_changes_a_limit_sees_the_what_if_and_sees_it_in_force(
    browse: Open, ward: Ward, *, script: bool
) -> None:
    page = browse(viewport=WIDE, java_script_enabled=script)
    sign_in(page, ward.username)
    path = f"/patients/{ward.patients['Seo Insuk']}/plan"

    typed(page, path, "150")
    page.get_by_role("button", name="Save the change").click()
    page.get_by_text("The plan is saved and in force").wait_for()

    assert "Systolic BP at least 150 mmHg" in page.locator("#plan").inner_text()


def test_the_second_of_two_editors_sees_who_was_first_ux_05(browse: Open, ward: Ward) -> None:
    first, second = browse(viewport=WIDE), browse(viewport=WIDE)
    path = f"/patients/{ward.patients['Seo Insuk']}/plan"
    for page, who, level in ((first, ward.username, "150"), (second, ward.colleague, "155")):
        sign_in(page, who)
        typed(page, path, level)
    first.get_by_role("button", name="Save the change").click()
    first.get_by_text("The plan is saved and in force").wait_for()

    second.get_by_role("button", name="Save the change").click()

    assert "Dr Han changed the plan" in second.get_by_role("alert").first.inner_text()
    assert second.get_by_label("Warn high (YELLOW)").input_value() == "155"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_plan_preview_pause_and_quality_have_no_accessibility_fault_ux_10(
    browse: Open, ward: Ward, scheme: str
) -> None:
    page = browse(viewport=WIDE, color_scheme=scheme, bypass_csp=True)
    sign_in(page, ward.username)
    patient = f"/patients/{ward.patients['Seo Insuk']}"
    found: dict[str, list[str]] = {}
    for size in (WIDE, SMALLEST):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # two numbers by name
        lists = "/quality/alerts?by=tier&key=RED"
        paths = (f"{patient}/plan?measure=systolic_bp", f"{patient}/pause", "/quality", lists)
        for path in paths:
            visit(page, path)
            found[f"{path} {size['width']}"] = faults(page)
        typed(page, f"{patient}/plan", "150")
        found[f"preview {size['width']}"] = faults(page)

    assert {name: each for name, each in found.items() if each} == {}
