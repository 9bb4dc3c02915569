"""`wardlight models`: what it prints, keeps and refuses."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from app.cli import build
from app.commands import models as commands
from core.clock import utc_now
from core.errors import ConflictError, InvalidError, NotFoundError
from core.security import SYSTEM
from monitoring.models import repository, service
from monitoring.models.standing import State
from tests.artefacts import SHIPPED, artefact
from tests.monitoring.test_service import enrol
from tests.shadowed import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session


@pytest.fixture(autouse=True)
def ours(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work in the test's own transaction."""

    @contextmanager
    def transaction() -> Iterator[Session]:
        yield session

    monkeypatch.setattr(commands, "transaction", transaction)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(build("models"), ["models", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def model(session: Session) -> str:
    return service.add(session, SYSTEM, artefact("mine"), reason="a test", now=utc_now())


def test_a_model_goes_through_its_life_by_commands(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(json.dumps(artefact("mine")))

    id_ = run("add", str(file), "--reason", "a quarter more data").split()[0]
    said = [
        run("shadow", id_),
        run("promote", id_, "--reason", "finds more"),
        run("list"),
        run("rollback", "--reason", "too many alerts"),
    ]

    assert said[0] == f"{id_} is in shadow from the next judgement on\n"
    assert said[1] == f"{id_} judges from now on\n"
    assert f"{id_} judges" in said[2]
    assert "a quarter more data" in said[2]
    assert said[3] == "the one that ships judges again from now on\n"
    assert [each.reason for each in repository.history(session, id_)] == [
        "too many alerts", "finds more", "to be compared", "a quarter more data",
    ]  # fmt: skip
    assert f"{SHIPPED} judges" in run("list")


@pytest.mark.parametrize("content", ["{", "[1]", json.dumps(artefact() | {"format": 0}), "null"])
def test_a_file_that_is_no_artefact_is_refused_ft_33(
    session: Session, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "model.json"
    file.write_text(content)

    with pytest.raises(InvalidError):
        run("add", str(file), "--reason", "x")

    assert repository.entries(session) == []


def test_what_was_never_in_shadow_is_promoted_by_a_word_of_its_own_only(
    session: Session, model: str
) -> None:
    with pytest.raises(ConflictError, match="never in shadow"):
        run("promote", model, "--reason", "at once")

    run("promote", model, "--reason", "the one that judges is unsafe", "--without-shadow")

    assert repository.active(session) == model


def test_a_roll_back_from_a_model_that_judges_no_more_is_refused(
    session: Session, model: str
) -> None:
    other = service.add(session, SYSTEM, artefact("other"), reason="a test", now=utc_now())
    for each in (model, other):
        run("promote", each, "--reason", "x", "--without-shadow")

    assert run("rollback", "--reason", "x", "--from", other).startswith(f"{model} judges again")
    with pytest.raises(ConflictError, match=f"somebody was quicker: {model} judges now"):
        run("rollback", "--reason", "x", "--from", other)

    assert repository.active(session) == model


def test_what_is_retired_scores_nobody(session: Session, model: str) -> None:
    run("shadow", model)
    run("retire", model, "--reason", "biased")

    assert repository.entry(session, model).state is State.RETIRED
    assert repository.scoring(session) == []
    with pytest.raises(NotFoundError):
        run("retire", "risk-nothing", "--reason", "x")


def test_a_model_shows_its_card_its_history_and_its_comparison_al_21(
    session: Session, model: str
) -> None:
    run("shadow", model, "--reason", "let us see")
    who = enrol(session)
    say(session, who, (model, SHIPPED), utc_now() - timedelta(hours=1), ("AMBER", None))

    said = run("show", model)

    assert f"{model}: shadow since" in said
    assert '"data_sha256": ' in said
    assert "edges" not in said
    assert f"1 judgements of 1 patients, beside {SHIPPED}" in said
    assert "it would have alerted: 1 episodes (1 AMBER or worse)" in said
    assert "put in shadow by the command line: let us see" in said
