"""What a screen reader is given of the pages: roles, names and their order, as a tree (UX-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, sign_in, visit

if TYPE_CHECKING:
    from tests.ward import Ward

pytestmark = pytest.mark.browser

SIGN_IN = """
- link "Skip to the content"
- main:
  - heading "Wardlight" [level=1]
  - textbox "User name"
  - textbox "Password"
  - button "Sign in"
  - form "Language":
    - button "English"
    - button "한국어"
- contentinfo
"""
FRAME = """
- banner:
  - link "Wardlight"
  - navigation "Main":
    - list:
      - listitem:
        - link "Inbox"
  - link "Dr Han"
  - button "Sign out"
- status:
  - text: Alerting normal readings as of
  - time: /\\d\\d:\\d\\d/
  - text: 6 of 7 patients reporting
  - link "1 silent"
- main:
  - heading "4 people need you now" [level=1]
  - navigation "Filter":
    - list "Whose"
    - list "Severity"
  - list
- contentinfo
"""
ROW = """
- listitem:
  - text: RED
  - 'heading /Baek Jonggil 88 · COPD/ [level=2]':
    - link "Baek Jonggil"
  - paragraph:
    - text: Heart rate
    - strong: 134 /min
    - text: /usual 71.83/
  - link "Trend of 7 days of Baek Jonggil":
    - 'img /^Heart rate, 14 days: newest 134 \\/min.*usual 71.83, limit 131/'
  - text: /not owned next/
  - strong:
    - time: /in \\d min/
  - text: opened
  - time: /\\d+ min ago/
  - text: last reading
  - time: /\\d+ min ago/
  - button "Take it for Baek Jonggil"
"""
ALERT = """
- region /^SpO2 86 %, RED limit 91 %/:
  - text: RED breathing opened
  - time: /\\d+ min ago/
  - heading /^SpO2 86 %, RED limit 91 %/ [level=2]
  - figure:
    - link /Whole chart/
    - img /^SpO2, 30 days; newest 86 %.*RED ≤ 91 %/
  - button /Take it.*breathing/
  - button /I am looking at it/
  - group: /^Contact.*breathing/
  - group: /^Pass on/
  - group: /^Escalate now/
"""


def test_a_screen_reader_reads_the_frame_the_rows_and_an_alert_in_order_ux_10(
    browse: Open, ward: Ward
) -> None:
    page = browse()
    page.goto("/sign-in")
    expect(page.locator("body")).to_match_aria_snapshot(SIGN_IN)
    sign_in(page, ward.username)

    expect(page.locator("body")).to_match_aria_snapshot(FRAME)
    expect(page.locator("ol.rows")).to_match_aria_snapshot(ROW)
    visit(page, f"/patients/{ward.patients['Oh Malsun']}")
    expect(page.locator("main")).to_match_aria_snapshot(ALERT)


def test_every_chart_and_table_of_the_patient_page_has_a_name_ux_11(
    browse: Open, ward: Ward
) -> None:
    page = browse()
    sign_in(page, ward.username)
    visit(page, f"/patients/{ward.patients['Oh Malsun']}")

    for drawer in page.locator("main details > summary").all():
        drawer.click()
    pictures = page.get_by_role("img")
    tables = page.get_by_role("region").filter(has=page.get_by_role("table"))

    assert pictures.count() >= 3
    for each in pictures.all():
        assert each.get_attribute("aria-label") or each.get_attribute("aria-labelledby")
    assert tables.count() >= 3
