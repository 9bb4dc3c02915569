"""Which model judges is looked up for each batch, and loaded once; a damaged one is said."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from app.health import pipeline
from app.learned import Learned
from app.metrics.repository import numbers
from core.security import SYSTEM
from monitoring import words
from monitoring.models import service
from monitoring.models.standing import State
from tests.artefacts import SHIPPED, artefact, eager, torn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def promoted(session: Session) -> str:
    id_ = service.add(session, SYSTEM, artefact("mine"), reason="a test", now=NOW)
    promote(session, id_)
    return id_


def promote(session: Session, id_: str, *, now: datetime = NOW) -> None:
    service.promote(session, SYSTEM, id_, reason="a test", without_shadow=True, now=now)


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def judging(session: Session, learned: Learned) -> str:
    model = learned.scorers(session).judging
    return model.id if model else ""


def test_without_a_promotion_the_model_that_ships_judges(session: Session) -> None:
    assert judging(session, Learned()) == SHIPPED


def test_a_promotion_and_a_roll_back_reach_a_running_process(
    session: Session, promoted: str
) -> None:
    learned = Learned()
    other = service.add(session, SYSTEM, artefact("other"), reason="a test", now=NOW)

    said = [judging(session, learned)]
    promote(session, other)
    said.append(judging(session, learned))
    for _ in range(2):
        service.roll_back(session, SYSTEM, reason="worse", now=LATER)
        said.append(judging(session, learned))

    assert said == [promoted, other, promoted, SHIPPED]


def test_a_batch_asks_once_which_models_score_and_loads_none_twice(
    session: Session, promoted: str
) -> None:
    learned = Learned()
    first = learned.scorers(session).judging

    with counted(session) as asked:
        again = learned.scorers(session).judging

    assert again is first
    assert len(asked) == 1
    assert "artefact" not in asked[0]
    assert first is not None
    assert first.id == promoted


def test_those_in_shadow_score_beside_it_al_21(session: Session, promoted: str) -> None:
    made = service.add(session, SYSTEM, eager(), reason="a test", now=NOW)
    service.put_in_shadow(session, SYSTEM, made, reason="a test", now=NOW)

    found = Learned().scorers(session)

    assert [each.id for each in found.shadows] == [made]
    assert found.judging is not None
    assert found.judging.id == promoted


@pytest.fixture
def damaged(session: Session) -> str:
    """Return a model that judges and whose bytes are not what they were."""
    return torn(session, State.ACTIVE)


def test_a_damaged_model_judges_nobody_and_is_said_ft_33(session: Session, damaged: str) -> None:
    learned = Learned()

    assert learned.scorers(session).judging is None
    fault = learned.fault(session)
    assert fault is not None
    assert words.phrase(fault) == (
        f"the learned score is unavailable and the rules judge alone: model {damaged} does not load"
    )


def test_a_damaged_model_in_shadow_keeps_no_other_from_scoring_ft_33(session: Session) -> None:
    torn(session, State.SHADOW)

    found = Learned().scorers(session)

    assert found.judging is not None
    assert found.shadows == ()


def test_the_card_of_a_file_outlives_the_file_ft_33(tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(json.dumps(made := artefact("mine")))
    learned = Learned(file)
    model = learned.file()

    file.unlink()

    assert model is not None
    assert learned.file_card()["sha256"] == made["sha256"]
    assert '"points"' not in json.dumps(learned.file_card())
    assert Learned(file).file_card() == {}


def test_a_missing_file_is_said_unless_a_model_was_promoted_ft_33(
    session: Session, tmp_path: Path
) -> None:
    learned = Learned(tmp_path / "model.json")
    fault = learned.fault(session)
    id_ = service.add(session, SYSTEM, artefact("mine"), reason="a test", now=NOW)

    promote(session, id_)

    assert fault is not None
    assert "its file is missing or damaged" in words.phrase(fault)
    assert learned.fault(session) is None


def test_what_does_not_load_is_not_read_again_with_each_batch_ft_33(
    session: Session, damaged: str
) -> None:
    learned = Learned()
    learned.scorers(session)

    with counted(session) as asked:
        learned.scorers(session)

    assert damaged
    assert len(asked) == 1


def test_the_metrics_say_degraded_where_the_pages_do_ft_33(
    session: Session, tmp_path: Path
) -> None:
    broken = Learned(tmp_path / "model.json")

    faults = [set(pipeline(session, now=NOW, learned=each).faults) for each in (Learned(), broken)]

    (said,) = faults[1] - faults[0]
    assert said.startswith("the learned score is unavailable and the rules judge alone")
    assert not numbers(session, now=NOW, learned=broken).normal
