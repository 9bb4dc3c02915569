"""The page of learned models, and what every page says where none can judge."""

from __future__ import annotations

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete

import app.pages.router
from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.security import SYSTEM, Role
from monitoring.models import repository, service
from monitoring.models.standing import State
from monitoring.models.tables import LearnedModel, ModelEvent, ShadowScore
from tests.app.conftest import BASE, SETTINGS, csrf
from tests.artefacts import SHIPPED, artefact, torn
from tests.shadowed import say
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from core.database import Database
    from core.embedded import Servers
    from tests.app.conftest import Enter
    from tests.ward import Ward

WHY = "it finds more <at> the same burden"


@pytest.fixture
def without(database: Database, ward: Ward, tmp_path: Path) -> TestClient:
    """Return a browser at pages whose model is gone."""
    return signed_in(database, ward, tmp_path / "model.json")


def signed_in(database: Database, ward: Ward, model_path: Path) -> TestClient:
    web = FastAPI()
    app.pages.router.mount(web, database, SETTINGS.model_copy(update={"model_path": model_path}))
    client = TestClient(web, base_url=BASE)
    token = csrf(client.get("/sign-in").text)
    client.post("/sign-in", data={"username": ward.username, "password": PASSWORD, "csrf": token})
    return client


@pytest.mark.parametrize(
    "path", ["/inbox", "/inbox/strip", "/patients/{patient}", "/digest", "/models"]
)
def test_every_page_says_that_the_rules_judge_alone_where_no_model_can_ft_33(
    without: TestClient, ward: Ward, path: str
) -> None:
    where = path.format(patient=ward.patients["Oh Malsun"])

    said = [
        without.get(where, headers={"Accept-Language": language}).text for language in ("en", "ko")
    ]

    assert "the learned score is unavailable and the rules judge alone" in said[0]
    assert "학습 점수를 쓸 수 없어 규칙만으로 판정 중" in said[1]


@pytest.fixture
def supervisor(database: Database, enter: Enter) -> TestClient:
    login = f"chief-{uuid4().hex[:8]}"
    new = NewUser(login, "Dr Chief", PASSWORD, Role.SUPERVISOR)
    with database.transaction() as session:
        create_user(session, new, now=utc_now())
    return enter(login)


@pytest.fixture
def model(database: Database, embedded: Servers) -> Iterator[str]:
    """Yield a model in shadow; nothing of the registry is left afterwards."""
    made = artefact("page", trained_on="simulated data")
    with database.transaction() as session:
        id_ = service.add(session, SYSTEM, made, reason="a test", now=utc_now())
        service.put_in_shadow(session, SYSTEM, id_, reason="let us see", now=utc_now())
    yield id_
    owner = database.__class__(embedded.migration_database_url)
    with owner.transaction() as session:
        for table in (ShadowScore, ModelEvent, LearnedModel):
            session.execute(delete(table))
    owner.close()


def words(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def part(text: str, id_: str) -> str:
    found = text[text.index(f'id="{id_}"') :]
    return words(found[: found.index("</section>")])


def form(client: TestClient, path: str) -> dict[str, str]:
    """Return what the page's form for an act sends by itself; the token alone where it has none."""
    page = client.get("/models").text
    _, _, found = page.partition(f'action="{path}"')
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', found.split("</form>")[0])
    return {"csrf": csrf(page), **dict(hidden)}


def act(client: TestClient, path: str, **fields: str) -> int:
    return client.post(path, data=form(client, path) | fields).status_code


def test_the_model_that_ships_shows_its_card_to_everybody(enter: Enter, ward: Ward) -> None:
    page = enter(ward.username).get("/models").text

    said = part(page, "judging")
    assert f"{SHIPPED} (ships with the program)" in said
    assert "Trained on simulated data" in said
    assert artefact()["training"]["data_sha256"] in said
    assert "From which probability it says a tier" in said
    assert "no clinical evidence" in words(page)
    assert 'href="/models" aria-current="page"' in page
    assert "Promote" not in page
    assert "A supervisor says which model judges." in page


def test_a_supervisor_promotes_and_rolls_back_with_a_reason(
    database: Database, supervisor: TestClient, model: str
) -> None:
    refused = act(supervisor, f"/models/{model}/promote", reason=" ")
    done = act(supervisor, f"/models/{model}/promote", reason=WHY)
    page = supervisor.get("/models?done=promoted").text
    back = act(supervisor, "/models/roll-back", reason="too many alerts")

    with database.transaction() as session:
        happened = repository.history(session, model)
        state = repository.entry(session, model).state
    assert (refused, done, back) == (422, 303, 303)
    said = part(page, "judging")
    assert f"Model {model} (judges)" in said
    assert "By the word of Dr Chief" in said
    assert WHY in said
    assert "<at>" not in page
    assert "The model judges from the next judgement on" in page
    assert [each.reason for each in happened][:2] == ["too many alerts", WHY]
    assert state is State.RETIRED
    after = part(supervisor.get("/models").text, "judging")
    assert f"{SHIPPED} (ships with the program)" in after
    assert "too many alerts" in after


def test_nobody_else_changes_it_and_no_foreign_form_does_sec_09_sec_10(
    database: Database, enter: Enter, ward: Ward, supervisor: TestClient, model: str
) -> None:
    physician = act(enter(ward.username), f"/models/{model}/promote", reason=WHY)
    foreign = supervisor.post(f"/models/{model}/promote", data={"reason": WHY, "csrf": "x"})

    with database.transaction() as session:
        assert repository.active(session) is None
    assert (physician, foreign.status_code) == (403, 403)


def test_a_model_is_put_in_shadow_retired_and_promoted_though_never_tried(
    database: Database, supervisor: TestClient, model: str
) -> None:
    with database.transaction() as session:
        other = service.add(session, SYSTEM, artefact("other"), reason="x", now=utc_now())

    said = [
        act(supervisor, f"/models/{other}/promote", reason=WHY),
        act(supervisor, f"/models/{other}/promote", reason=WHY, without_shadow="yes"),
        act(supervisor, f"/models/{model}/retire", reason=WHY),
        act(supervisor, f"/models/{model}/shadow", reason=WHY),
    ]

    assert said == [409, 303, 303, 303]


def test_a_double_click_takes_one_promotion_back_and_says_what_judges_now(
    database: Database, supervisor: TestClient, model: str
) -> None:
    with database.transaction() as session:
        other = service.add(session, SYSTEM, artefact("other"), reason="x", now=utc_now())
    act(supervisor, f"/models/{model}/promote", reason=WHY)
    act(supervisor, f"/models/{other}/promote", reason=WHY, without_shadow="yes")
    seen = form(supervisor, "/models/roll-back") | {"reason": WHY}

    def click(language: str) -> Response:
        head = {"Accept-Language": language}
        return supervisor.post("/models/roll-back", data=seen, headers=head)

    with ThreadPoolExecutor(2) as pool:
        done, late = sorted(pool.map(click, ["en", "en"]), key=lambda each: each.status_code)
    korean = click("ko")

    with database.transaction() as session:
        assert repository.active(session) == model
    assert [each.status_code for each in (done, late, korean)] == [303, 409, 409]
    assert f"Somebody was quicker: {model} judges now." in words(late.text)
    assert f"다른 사람이 먼저 변경함: 지금 판정 중인 모델은 {model}." in words(korean.text)


@pytest.mark.parametrize("what", ["retire", "promote"])
def test_a_form_of_before_does_nothing_to_a_model_that_stands_elsewhere_now(
    database: Database, supervisor: TestClient, model: str, what: str
) -> None:
    seen = form(supervisor, f"/models/{model}/{what}") | {"reason": WHY}
    act(supervisor, f"/models/{model}/promote", reason="a colleague's word")

    said = [
        supervisor.post(f"/models/{model}/{what}", data=seen, headers={"Accept-Language": language})
        for language in ("en", "ko")
    ]

    with database.transaction() as session:
        assert repository.active(session) == model
    assert [each.status_code for each in said] == [409, 409]
    told = [words(each.text) for each in said]
    assert "Somebody was quicker: the state of this model is “judges” now." in told[0]
    assert "이 모델의 지금 상태는 “판정 중”." in told[1]


def test_who_compared_a_model_with_one_does_not_promote_it_over_another(
    database: Database, supervisor: TestClient, model: str
) -> None:
    seen = form(supervisor, f"/models/{model}/promote") | {"reason": WHY}
    with database.transaction() as session:
        other = service.add(session, SYSTEM, artefact("other"), reason="x", now=utc_now())
    act(supervisor, f"/models/{other}/promote", reason=WHY, without_shadow="yes")

    said = supervisor.post(f"/models/{model}/promote", data=seen)

    with database.transaction() as session:
        assert repository.active(session) == other
    assert said.status_code == 409
    assert f"Somebody was quicker: {other} judges now." in words(said.text)


def test_the_page_shows_the_card_of_a_file_that_is_gone_since_ft_33(
    database: Database, ward: Ward, tmp_path: Path
) -> None:
    file = tmp_path / "model.json"
    file.write_text(json.dumps(made := artefact("of a file")))
    client = signed_in(database, ward, file)
    client.get("/models")

    file.unlink()
    again = client.get("/models")

    assert again.status_code == 200
    assert made["sha256"] in part(again.text, "judging")


def test_a_model_in_shadow_is_compared_with_the_one_that_judges_al_21(
    database: Database, supervisor: TestClient, ward: Ward, model: str
) -> None:
    people = (ward.patients["Oh Malsun"], ward.patients["Han Sooja"])
    with database.transaction() as session:
        for who, said in zip(people, (("AMBER", None), (None, None)), strict=True):
            say(session, who, (model, SHIPPED), utc_now() - timedelta(hours=1), said)

    page = supervisor.get("/models").text
    shown = part(page, model)
    korean = part(supervisor.get("/models", headers={"Accept-Language": "ko"}).text, model)

    assert "both gave the same tier in 50 %." in shown
    assert f"beside {SHIPPED}: judgements 2, patients 2;" in shown
    assert "AMBER or worse among them 1 0" in shown
    assert "Too little to tell the two apart." in shown
    assert "환자 2명의 판정 2건" in korean
    assert all(str(who) not in page for who in people)


@pytest.mark.usefixtures("model")
def test_a_damaged_model_says_so_and_cannot_be_promoted_ft_33(
    database: Database, supervisor: TestClient
) -> None:
    with database.transaction() as session:
        torn(session, State.ACTIVE)

    page = supervisor.get("/models").text

    assert "model risk-00000000torn does not load" in page
    assert "The learned score is not available; the rules alone judge." in part(page, "judging")
    seen = {"stood": "active", "judging": "risk-00000000torn"}
    assert act(supervisor, "/models/risk-00000000torn/promote", reason=WHY, **seen) == 409
