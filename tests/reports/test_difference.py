from __future__ import annotations

from xml.etree import ElementTree as ET

from core.vitals import Severity
from monitoring.what_if import compare
from reports.difference import picture, words
from tests.monitoring.test_what_if import alert, label

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_has_a_bar_for_each_week_and_rulebook_and_says_so_in_words() -> None:
    old = [alert(0), alert(170), alert(171, Severity.RED)]
    change = compare(old, old[:1], [label(170, confirmed=True)], patient_weeks=4)

    root = ET.fromstring(picture(change, title="What if: <b>"))  # noqa: S314 (our own text)

    bars = root.findall(f"{SVG}rect")[1:]
    assert len([bar for bar in bars if bar.get("class") == "old"]) == 3
    assert len([bar for bar in bars if bar.get("fill")]) == 1
    assert root.findtext(f"{SVG}title") == "What if: <b>"
    assert root.findtext(f"{SVG}desc") == words(change)
    assert "3 alerts become 1 in 4 patient-weeks" in words(change)
    assert "1 of 1 labelled episodes would be lost" in words(change)


def test_a_past_without_alerts_is_drawn_too() -> None:
    change = compare([], [], patient_weeks=0)

    root = ET.fromstring(picture(change, title="empty"))  # noqa: S314 (our own text)

    assert len(root.findall(f"{SVG}rect")) == 1
    assert "No outcomes are labelled" in words(change)
