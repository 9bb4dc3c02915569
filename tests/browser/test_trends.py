"""The trends of the patient page: picture, script and table are one set of values (UX-11)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import Open, screenshot, sign_in, visit
from tests.browser.test_pages import PHONE, WIDE, listen
from tests.ward import INSUK, MALSUN, Ward, open_ward

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from core.database import Database

pytestmark = pytest.mark.browser
# Of each chart, what its uPlot holds: [at, value] of the line and of what was not used.
HELD = """() => Object.fromEntries([...document.querySelectorAll('.trend-card.live')].map(card => {
  const [xs, ...columns] = card.querySelector('.plot').trend.data;
  return [card.dataset.key, columns.map(column =>
    column.map((value, index) => [xs[index], value]).filter(each => each[1] != null))];
}))"""
SPANS = """() => [...document.querySelectorAll('.trend-card.live .plot')].map(
  each => [each.trend.scales.x.min, each.trend.scales.x.max])"""


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    return open_ward(database, people=(MALSUN, INSUK))


def opened(page: Page, ward: Ward, name: str, query: str = "") -> str:
    path = f"/patients/{ward.patients[name]}"
    sign_in(page, ward.username)
    visit(page, path + query)
    return path


def ready(page: Page, days: int) -> None:
    page.locator(f"#trends[data-ready='{days}']").wait_for()


@pytest.mark.parametrize("name", ["Oh Malsun", "Seo Insuk"])
def test_chart_address_and_table_hold_the_same_readings_ux_11(
    browse: Open, ward: Ward, name: str
) -> None:
    page = browse(viewport=WIDE)
    said = listen(page)
    path = opened(page, ward, name)
    ready(page, 30)
    for summary in page.locator(".trend-card summary").all():
        summary.click()
    screenshot(page, f"trends-{name.split(maxsplit=1)[0].lower()}")

    sent = page.request.get(f"{path}/trends?days=30").json()["charts"]
    held: dict[str, list[Any]] = page.evaluate(HELD)

    assert len(sent) >= 1
    assert held.keys() == {each["key"] for each in sent}
    for chart in sent:
        columns = [part for each in chart["strands"] for part in (each["points"], each["unused"])]
        assert held[chart["key"]] == columns
        card = page.locator(f"#trend-{chart['key']}")
        shown = sorted(card.locator("tbody td.number").all_inner_texts())
        drawn = [f"{value:.{chart['decimals']}f}" for part in columns for _, value in part]
        assert shown == sorted(drawn)
        assert card.locator(".plot [role=img]").get_attribute("aria-label") == chart["label"]
        for strand in chart["strands"]:
            values = [value for _, value in strand["points"]]
            newest = f"newest {values[-1]:.{chart['decimals']}f}"
            assert newest in chart["label"]
            assert f"{len(values)} readings" in chart["label"]
    assert said == []


def test_blood_pressure_is_one_chart_of_two_lines(browse: Open, ward: Ward) -> None:
    page = browse(viewport=WIDE)
    opened(page, ward, "Seo Insuk")
    ready(page, 30)

    card = page.locator("#trend-systolic-bp")

    assert card.get_by_role("heading", name="Blood pressure").is_visible()
    assert page.locator("#trend-diastolic-bp").count() == 0
    assert len(page.evaluate(HELD)["systolic-bp"]) == 4
    keys = card.locator(".limit-keys li").all_inner_texts()
    assert "Systolic BP RED ≥ 220 mmHg" in keys
    assert "Diastolic BP YELLOW ≥ 100 mmHg" in keys
    top = page.evaluate("document.querySelector('#trend-systolic-bp .plot').trend.scales.y.max")
    assert top > 220, "the moving picture holds each limit that is named as inside it"
    names = card.locator(".limit-name").all_text_contents()
    assert "sys RED ≥ 220" in names
    assert "dia YELLOW ≥ 100" in names
    assert page.locator("#trends .limits-held:not([hidden]) td").count() > 0


def test_without_a_script_the_picture_stays_and_a_link_changes_its_span_ux_18(
    browse: Open, ward: Ward
) -> None:
    page = browse(viewport=WIDE, java_script_enabled=False)
    opened(page, ward, "Oh Malsun")
    before = page.locator("#trend-spo2 .readings-held tbody tr").count()

    page.locator(".ranges").get_by_role("link", name="7 days").click()

    label = page.locator("#trend-spo2 svg.trend").get_attribute("aria-label") or ""
    rows = page.locator("#trend-spo2 .readings-held tbody tr").count()
    assert "SpO2, 7 days" in label
    assert f"{rows} readings" in label
    assert rows == 7
    assert before > 25


def test_a_gap_is_a_gap_and_the_usual_and_the_limit_have_their_times(
    browse: Open, ward: Ward
) -> None:
    """The weight was not measured for three days; her limit was set 200 and 100 days ago."""
    page = browse(viewport=WIDE)
    path = opened(page, ward, "Oh Malsun")

    sent = {c["key"]: c for c in page.request.get(f"{path}/trends?days=0").json()["charts"]}

    weight, heart = sent["body-weight"]["strands"][0], sent["heart-rate"]["strands"][0]
    assert len(weight["breaks"]) == 1
    assert weight["bands"][0][3] > weight["bands"][0][2]
    plan = {value: until - since for since, until, value, *_ in heart["limits"]}
    span = sent["heart-rate"]["end"] - sent["heart-rate"]["start"]
    assert 120.0 not in plan, "it ended before her first reading"
    assert plan[125.0] == pytest.approx(span), "set 100 days ago, before her first reading"
    assert 111.0 not in plan, "the rulebook's gave way to hers"
    assert [tier for _, tier, ended, _ in sent["spo2"]["marks"] if not ended] == ["RED"]


def test_all_charts_move_together_by_button_by_key_and_by_dragging_ux_10(
    browse: Open, ward: Ward
) -> None:
    """WCAG 2.5.7: what dragging does, buttons and keys do too."""
    page = browse(viewport=WIDE)
    said = listen(page)
    opened(page, ward, "Oh Malsun")
    ready(page, 30)

    def span() -> float:
        spans = page.evaluate(SPANS)
        assert len({tuple(each) for each in spans}) == 1
        return float(spans[0][1] - spans[0][0])

    whole = span()
    page.get_by_role("button", name="Closer").click()
    assert span() == pytest.approx(whole / 2)
    page.locator("#trend-spo2 .plot").focus()
    page.keyboard.press("+")
    assert span() == pytest.approx(whole / 4)
    end = page.evaluate(SPANS)[0][1]
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(SPANS)[0][1] < end
    page.keyboard.press("0")
    assert span() == pytest.approx(whole)
    over = page.locator("#trend-spo2 .u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 60, steps=4)
    page.mouse.up()

    assert span() < whole / 2
    assert re.fullmatch(r"Shown: .+ to .+\.", page.locator("#trends-shown").inner_text())
    assert said == []


def test_another_span_changes_charts_and_tables_without_leaving_the_page(
    browse: Open, ward: Ward
) -> None:
    page = browse(viewport=WIDE)
    opened(page, ward, "Oh Malsun")
    ready(page, 30)

    page.locator(".ranges").get_by_role("link", name="7 days").click()
    ready(page, 7)

    card = page.locator("#trend-spo2")
    assert card.locator(".readings-held tbody tr").count() == 7
    assert "SpO2, 7 days" in (card.locator("svg.trend").get_attribute("aria-label") or "")
    assert len(page.evaluate(HELD)["spo2"][0]) == 7
    assert page.locator("[data-range='7']").get_attribute("aria-current") == "true"
    assert "days=7" not in page.url


def test_paper_gets_the_picture_ux_11(browse: Open, ward: Ward) -> None:
    page = browse(viewport=WIDE)
    opened(page, ward, "Oh Malsun")
    ready(page, 30)
    assert not page.locator("#trend-spo2 svg.trend").is_visible()

    page.emulate_media(media="print")

    assert page.locator("#trend-spo2 svg.trend").is_visible()
    assert not page.locator("#trend-spo2 .plot").is_visible()


def test_the_dark_theme_is_drawn_in_its_own_colours(browse: Open, ward: Ward) -> None:
    page = browse(viewport=WIDE, color_scheme="light")
    opened(page, ward, "Oh Malsun")
    ready(page, 30)
    picture = "document.querySelector('#trend-spo2 canvas').toDataURL()"
    light = page.evaluate(picture)

    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"before => {picture} !== before", arg=light)

    screenshot(page, "trends-dark")


def test_a_reader_chooses_units_and_nothing_stored_changes_ux_16(browse: Open, ward: Ward) -> None:
    page = browse(viewport=WIDE, java_script_enabled=False)
    path = opened(page, ward, "Oh Malsun")
    rows = page.locator("#trend-body-weight tbody td.number")
    kilograms = float(rows.first.text_content() or "")

    page.get_by_text("Units", exact=True).click()
    page.locator("#units-weight").select_option("lb")
    page.get_by_role("button", name="Show in these units").click()

    assert float(rows.first.text_content() or "") == pytest.approx(kilograms / 0.45359237, abs=0.05)
    assert "lb · newest" in page.locator("#trend-body-weight figcaption").inner_text()
    received = page.locator("#trend-body-weight .readings-held tbody tr").first.text_content() or ""
    assert f"{kilograms:.1f} kg" in received
    sent = {c["key"]: c for c in page.request.get(f"{path}/trends?days=30").json()["charts"]}
    assert sent["body-weight"]["unit"] == "lb"


OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


def test_a_phone_shows_every_opened_detail_without_scrolling_sideways_ux_10(
    browse: Open, ward: Ward
) -> None:
    page = browse(viewport=WIDE)
    opened(page, ward, "Oh Malsun")
    ready(page, 30)
    page.evaluate(OPEN)

    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
