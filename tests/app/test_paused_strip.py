"""How many people are paused is said where nobody alarms: silence is not health (UX-14)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from app.pages.language import language
from app.pages.situation import empty
from app.pages.strip import Strip
from tests.app.conftest import csrf

if TYPE_CHECKING:
    from tests.app.conftest import Enter
    from tests.ward import Ward


def test_the_strip_counts_whom_the_list_of_patients_calls_paused(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    before = client.get("/patients").text
    assert "1 paused</a>" not in client.get("/inbox").text
    for name in ("Han Sooja", "Seo Insuk"):
        who = f"/patients/{ward.patients[name]}"
        last = ward.now + timedelta(days=3)
        fields = {"kind": "holiday", "last": f"{last:%Y-%m-%d}", "comment": "at her sister's"}
        answer = client.post(f"{who}/pause", data={**fields, "csrf": csrf(before)})
        assert answer.status_code == 303

    listed = client.get("/patients").text
    strips = [client.get(path).text for path in ("/inbox", "/inbox/strip", "/patients", "/quality")]

    paused = len(re.findall(r"<td\b[^>]*>(?:(?!</td>).)*\bpaused\b", listed, re.DOTALL))
    assert paused == 2 + len(re.findall(r"<td\b[^>]*>(?:(?!</td>).)*\bpaused\b", before, re.DOTALL))
    assert all(f">{paused} paused</a>" in strip for strip in strips)
    client.headers["Accept-Language"] = "ko"
    assert f">중단 {paused}명</a>" in client.get("/inbox/strip").text


def test_an_empty_list_says_how_many_are_paused() -> None:
    line = Strip(
        normal=True, since=None, faults=(), newest=None, patients=3, reporting=1, silent=2, paused=2
    )

    assert empty(line, language("en")).endswith("2 silent. 2 people are paused.")
    assert "모니터링 중단 중인 사람 2명." in empty(line, language("ko"))
