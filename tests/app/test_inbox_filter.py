"""The inbox narrowed by its address: what is shown and said, and what comes back after acts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from app.pages import listing
from app.pages.showing import back_to, read
from app.pages.signin import destination
from core.errors import InvalidError
from tests.app.conftest import csrf

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def names(page: str) -> list[str]:
    return re.findall(r'<h2><a href="/patients/[^"]+">([^<]+)</a>', page)


def tiers(page: str) -> set[str]:
    return set(re.findall(r'<li class="row row-(\w+)', page))


def test_a_tier_narrows_the_list_and_says_so_in_words_ux_01(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    whole = names(client.get("/inbox").text)

    page = client.get("/inbox?tier=amber").text

    assert tiers(page) == {"amber"}
    assert 0 < len(names(page)) < len(whole)
    assert f"Shown: AMBER. {len(names(page))} of {len(whole)} people." in page
    assert re.search(r'class="chip" href="/inbox" aria-current="true">AMBER', page)
    assert '<a href="/inbox">Clear the filter</a>' in page


def test_a_filter_never_hides_that_somebody_outside_of_it_needs_help_now(
    enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    heading = re.search(r"<h1>(\d+) people need you now", client.get("/inbox").text)
    assert heading is not None

    page = client.get("/inbox?tier=yellow").text

    assert f"<h1>{heading[1]} people need you now" in page
    assert f"{heading[1]} people outside this filter need somebody now" in page
    assert "outside this filter" not in client.get("/inbox").text


@pytest.mark.parametrize("query", ["tier=red&tier=amber", "tier=red,amber", "tier=amber,red"])
def test_values_are_repeated_or_joined(enter: Enter, ward: Ward, query: str) -> None:
    page = enter(ward.username).get(f"/inbox?{query}").text

    assert tiers(page) == {"red", "amber"}
    assert 'name="back" value="inbox?tier=red,amber"' in page


def test_mine_unowned_and_snoozed_are_told_apart(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    page = client.get("/inbox?show=unowned").text
    alert = re.search(r"/alerts/([^/]+)/acknowledge", page)
    assert alert is not None
    before = names(page)
    fields = {"csrf": csrf(page), "back": "inbox?show=unowned"}

    done = client.post(f"/alerts/{alert[1]}/acknowledge", data=fields)
    mine = client.get("/inbox?show=mine").text

    assert done.headers["location"].startswith("/inbox?show=unowned&done=taken&alert=")
    assert names(mine) == before[:1]
    assert before[0] not in names(enter(ward.colleague).get("/inbox?show=mine").text)
    assert "Nobody is in this list" in client.get("/inbox?show=snoozed").text
    client.post(f"/alerts/{alert[1]}/undo", data=fields)


def test_a_team_narrows_by_its_opaque_id_and_another_team_looks_like_none(
    enter: Enter, ward: Ward
) -> None:
    """SEC-12, SEC-24."""
    client = enter(ward.username)

    own = client.get(f"/inbox?team={ward.team}")
    answers = [client.get(f"/inbox?team={each}") for each in (ward.other_team, uuid4(), "x")]

    assert names(own.text) == names(client.get("/inbox").text)
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("tier=purple", "Tier: use red, amber, yellow, info, dq."),
        ("show=all", "Show: use mine, unowned, snoozed."),
        ("page=0", "A page has a number from 1 to 1,000."),
    ],
)
def test_a_value_that_is_none_of_ours_is_refused_by_its_name(
    enter: Enter, ward: Ward, query: str, said: str
) -> None:
    answer = enter(ward.username).get(f"/inbox?{query}")

    assert answer.status_code == 422
    assert f"<p>{said}</p>" in answer.text


def test_a_long_list_comes_in_pages_with_the_count_of_all(
    enter: Enter, ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UX-18."""
    monkeypatch.setattr(listing, "PAGE", 2)
    monkeypatch.setattr("app.pages.inbox.PAGE", 2)
    client = enter(ward.username)

    first, second = client.get("/inbox").text, client.get("/inbox?page=2").text

    assert len(names(first)) == len(names(second)) == 2
    assert not set(names(first)) & set(names(second))
    assert "Rows 1 to 2 of " in first
    assert 'href="/inbox?page=2">Show the next 2' in first
    assert "Show those before" in second


def test_switching_the_language_comes_back_to_the_same_filter(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    page = client.get("/inbox?show=mine&tier=red").text
    back = re.search(r'name="back" value="(/inbox[^"]*)"', page)
    assert back is not None
    fields = {"csrf": csrf(page), "language": "ko", "back": back[1].replace("&amp;", "&")}

    answer = client.post("/language", data=fields)

    assert answer.headers["location"] == "/inbox?show=mine&tier=red"
    assert "지금 도움이 필요한 환자" in client.get("/inbox").text


@pytest.mark.parametrize(
    "to", ["/inbox?x=//evil.example", "/inbox?show=mine#x", "/inbox?=", "/a?b"]
)
def test_nobody_is_sent_elsewhere_by_a_filter(to: str) -> None:
    assert destination(to) == "/inbox"


def test_a_form_comes_back_to_a_list_of_ours_or_to_all_of_it() -> None:
    assert back_to("inbox?tier=red&evil=1") == "/inbox?tier=red"
    assert back_to("inbox?tier=purple") == "/inbox"
    assert back_to("inbox//evil.example") == "/inbox"


def test_a_filter_reads_back_from_its_own_address() -> None:
    team = uuid4()
    chosen = read([("show", "mine,snoozed"), ("tier", "dq"), ("team", str(team)), ("page", "3")])

    assert chosen.address == f"/inbox?show=mine,snoozed&tier=dq&team={team}&page=3"
    with pytest.raises(InvalidError):
        read([("page", "9999999999999")])


def test_a_row_alone_is_the_row_of_the_list_and_another_teams_is_none(
    enter: Enter, ward: Ward
) -> None:
    """SEC-11."""
    client = enter(ward.username)
    page = client.get("/inbox").text
    alert = re.findall(r'id="alert-([^"]+)"', page)[0]

    row = client.get(f"/inbox/rows/{alert}?place=1")

    assert names(row.text) == names(page)[:1]
    assert "<html" not in row.text
    assert enter(ward.outsider).get(f"/inbox/rows/{alert}").status_code == 404
    assert client.get(f"/inbox/rows/{ward.alerts['Yun Hidden'][0]}").status_code == 404


def test_what_else_can_be_done_with_a_row_stands_on_a_page_of_its_own_ux_04(
    enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    page = client.get("/inbox?tier=yellow").text
    link = re.findall(r'href="(/inbox/rows/[^"]+/acts[^"]*)"', page)[0].replace("&amp;", "&")

    acts = client.get(link + "&do=snooze").text

    assert re.search(r'<select id="hours" name="hours" autofocus>', acts)
    assert 'name="back" value="inbox?tier=yellow"' in acts
    assert enter(ward.outsider).get(link).status_code == 404
