"""What a clinician does, in a real browser: read, take, resolve; with and without JavaScript."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import ROOT, Open, screenshot, sign_in, visit
from tests.browser.states import states

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from core.database import Database
    from tests.ward import Ward

pytestmark = pytest.mark.browser
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# What passes is neither described nor sent: that takes longer than looking.
AXE_RUN = "async options => (await axe.run(document, options)).violations"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE = {"width": 1240, "height": 860}
PHONE = {"width": 390, "height": 844}
SMALLEST = {"width": 320, "height": 640}
# In the dark nothing but colours differs.
LOOKED_AT: dict[str, tuple[tuple[dict[str, int], ...], dict[str, Any]]] = {
    "light": ((WIDE, PHONE, SMALLEST), {"type": "tag", "values": TAGS}),
    "dark": ((WIDE, SMALLEST), {"type": "rule", "values": ["color-contrast"]}),
}


def paths(ward: Ward) -> dict[str, str]:
    return {
        "inbox": "/inbox",
        "patient": f"/patients/{ward.patients['Oh Malsun']}",
        "report": f"/reports/{ward.team}",
        "figure": f"/reports/{ward.team}/alerts?of=open",
        "accesses": f"/patients/{ward.patients['Oh Malsun']}/accesses",
        "patients": "/patients",
        "rules": "/rules",
        "models": "/models",
        "rota": f"/rota/{ward.team}",
        "digest": "/digest",
        "reached": "/reached",
        "interface": "/api",
    }


def listen(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_critical_alert_is_read_taken_and_resolved(
    browse: Open, ward: Ward, *, script: bool
) -> None:
    """UX-03, UX-18: one action after sign-in, in seconds, and JavaScript is not needed."""
    page = browse(viewport=WIDE, java_script_enabled=script)
    said = listen(page)
    started = time.monotonic()
    sign_in(page, ward.username)
    page.get_by_role("button", name="Take it for Baek Jonggil").click()
    page.get_by_text("You have taken the alert").wait_for()
    seconds = time.monotonic() - started
    page.get_by_role("link", name="Open Baek Jonggil").click()
    card = page.locator("section.episode").first
    card.locator("summary").filter(has_text="Checklist 0 of 10").click()
    card.get_by_role("group", name="Reading repeated?").get_by_text("Yes").click()
    card.get_by_role("button", name="Keep the answers").click()
    page.get_by_text("Your answers are kept").wait_for()
    card.get_by_text("Decide and resolve").click()
    card.get_by_label("How it turned out").select_option("true-actionable/call")
    card.get_by_label("Note (optional)").fill("Spoke to the daughter.")
    card.get_by_role("button", name="Resolve the alert").click()
    page.get_by_text("The alert is resolved").wait_for()

    timeline = page.get_by_role("heading", name="Timeline").locator("..").inner_text()

    assert seconds < 10
    assert "resolved by Dr Han" in timeline
    assert "acknowledged by Dr Han" in timeline
    assert page.get_by_text("[checked: repeat] Spoke to the daughter.").is_visible()
    assert said == []


def test_the_second_of_two_people_sees_who_was_first(browse: Open, ward: Ward) -> None:
    """UX-05."""
    first, second = browse(viewport=WIDE), browse(viewport=WIDE)
    second.route("**/inbox/live*", lambda route: route.abort())  # what it shows is old
    sign_in(first, ward.username)
    sign_in(second, ward.colleague)
    take = "Take it for Oh Malsun"

    first.get_by_role("button", name=take).click()
    first.get_by_text("You have taken the alert").wait_for()
    second.get_by_role("button", name=take).click()

    assert "Dr Han acknowledged this" in second.get_by_role("alert").inner_text()


def test_the_inbox_answers_who_why_since_when_and_whose(browse: Open, ward: Ward) -> None:
    """UX-01, UX-02: from the text alone, one row per patient however many alerts."""
    page = browse(viewport=WIDE)
    sign_in(page, ward.username)
    screenshot(page, "inbox")

    rows = page.locator("ol.rows > li")
    first = rows.nth(0).inner_text()
    names = rows.locator("h2 a").all_inner_texts()

    urgent = page.locator(".row-red, .row-amber").count()
    assert page.get_by_role("heading", level=1).inner_text() == f"{urgent} people need you now"
    assert len(names) == len(set(names))
    assert names[:2] == ["Baek Jonggil", "Oh Malsun"]
    assert "Kwon Yeonghui" in names[2:]
    assert re.search(r"RED[\s\S]*Heart rate 134[\s\S]*usual 7", first)
    assert re.search(r"not owned\s+next: backup physician in \d min", first)
    assert re.search(r"opened \d+ min ago\s+last reading \d+ min ago", first)
    assert "Heart rate, 14 days" in (
        rows.nth(0).get_by_role("img").get_attribute("aria-label") or ""
    )


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_row_leads_to_the_trend_of_seven_days_in_one_action(
    browse: Open, ward: Ward, *, script: bool
) -> None:
    """UX-03: at the chart of the very measurement, and with seven days of it."""
    page = browse(viewport=WIDE, java_script_enabled=script)
    sign_in(page, ward.username)

    page.get_by_role("link", name="Trend of 7 days of Oh Malsun").click()

    page.wait_for_url(f"**/patients/{ward.patients['Oh Malsun']}?days=7#trend-*")
    chosen = page.get_by_role("navigation", name="Span of the trends").locator("[aria-current]")
    assert chosen.inner_text() == "7 days"
    chart = page.locator(f"section#{page.url.partition('#')[2]}")
    assert chart.evaluate("element => element.getBoundingClientRect().top < innerHeight")
    assert chart.is_visible()


def test_a_list_that_changed_elsewhere_says_so_without_moving(browse: Open, ward: Ward) -> None:
    """UX-13, UX-14: without a stream the strip asks by itself; rows stay where they are."""
    page = browse(viewport=WIDE)
    page.route("**/inbox/live*", lambda route: route.abort())
    page.clock.install()
    sign_in(page, ward.username)
    other = browse(viewport=WIDE)
    sign_in(other, ward.colleague)
    other.get_by_role("button", name="Take it for Kwon Yeonghui").click()
    other.get_by_text("You have taken the alert").wait_for()

    page.clock.run_for(31_000)

    page.get_by_text("The list has changed").wait_for()
    assert page.get_by_role("button", name="Take it for Kwon Yeonghui").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_fault(
    browse: Open, ward: Ward, database: Database, scheme: str
) -> None:
    """UX-10: axe-core finds nothing on any page and state, in both themes, wide and at 320 px.

    UX-12, UX-13, UX-14: also while rows are not live, something new is offered, nobody is listed.
    """
    widths, rules = LOOKED_AT[scheme]
    page = browse(color_scheme=scheme, bypass_csp=True, viewport=WIDE)
    found: dict[str, Any] = {}
    page.goto("/sign-in")
    found["sign-in"] = violations(page, rules)
    screenshot(page, f"sign-in-{scheme}")
    sign_in(page, ward.username)
    for name, path in paths(ward).items():
        for width in widths:
            page.set_viewport_size({"width": width["width"], "height": width["height"]})
            visit(page, path)
            found[f"{name} {width['width']}"] = violations(page, rules)
            screenshot(page, f"{name}-{scheme}-{width['width']}")
    page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    for state in states(page, ward, database):
        found[state] = violations(page, rules)
        screenshot(page, f"{state}-{scheme}")

    assert {where: faults for where, faults in found.items() if faults} == {}


def violations(page: Page, rules: dict[str, Any]) -> list[str]:
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    faults = page.evaluate(AXE_RUN, options)
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in faults
        for node in fault["nodes"]
    ]


def test_every_page_reflows_at_320_pixels(browse: Open, ward: Ward, database: Database) -> None:
    """UX-10 (WCAG 1.4.10), UX-12: nothing scrolls sideways but what has its own frame.

    On a phone the first row can be acted on at once.
    """
    page = browse(viewport=PHONE)
    sign_in(page, ward.username)
    act = page.locator(".row .act .button").first.bounding_box()
    page.set_viewport_size({"width": SMALLEST["width"], "height": SMALLEST["height"]})
    widths = {}
    plan = f"/patients/{ward.patients['Oh Malsun']}/plan?measure=systolic_bp"

    for name, path in {**paths(ward), "plan of a measure": plan}.items():
        visit(page, path)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
    for state in states(page, ward, database):
        widths[state] = page.evaluate("document.documentElement.scrollWidth")

    page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    visit(page, "/quality?weeks=4")

    assert act is not None
    assert act["y"] + act["height"] <= PHONE["height"]
    assert {name: width for name, width in widths.items() if width > SMALLEST["width"]} == {}
    assert page.evaluate("document.documentElement.scrollWidth") == WIDE["width"]


def test_a_chart_says_the_same_as_its_table(browse: Open, ward: Ward) -> None:
    """UX-11."""
    page = browse(viewport=WIDE)
    sign_in(page, ward.username)
    page.goto(paths(ward)["patient"])
    chart = page.locator(".trend-card").filter(has=page.get_by_role("heading", name="SpO2"))
    label = chart.locator("svg.trend").get_attribute("aria-label") or ""
    chart.locator("summary").click()

    values = [float(cell) for cell in chart.locator("tbody td.number").all_inner_texts()]

    assert f"newest {values[0]:.0f} %" in label
    assert f"between {min(values):.0f} and {max(values):.0f}" in label
    assert f"{len(values)} readings" in label


def test_nothing_is_asked_of_another_host(browse: Open, ward: Ward, address: str) -> None:
    """SEC-41: no page requests a foreign host, and nothing is kept in the browser (SEC-25)."""
    page = browse(viewport=WIDE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, ward.username)
    for path in paths(ward).values():
        visit(page, path)

    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")

    assert all(url.startswith(address) for url in asked)
    assert kept == [0, 0, ""]
    for name in ward.patients:
        assert not any(name.split()[1] in url for url in asked)
