"""Who decides about a model by what they saw is refused where a colleague was quicker."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.errors import ConflictError, InvalidError
from core.security import SYSTEM
from monitoring.models import repository, service
from monitoring.models.standing import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.monitoring.models.conftest import Added

    Act = Callable[..., None]

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
WHY = "it alerts too much"


def promote(session: Session, *models: str) -> None:
    for each in models:
        service.promote(session, SYSTEM, each, reason=WHY, without_shadow=True, now=NOW)


def state(session: Session, model: str) -> State:
    return repository.entry(session, model).state


def test_two_who_leave_the_same_model_take_one_promotion_back(
    session: Session, added: Added
) -> None:
    first, second, third = added("first"), added("second"), added("third")
    promote(session, first, second, third)

    def back() -> str:
        return service.roll_back(session, SYSTEM, reason=WHY, judging=third, now=NOW)

    assert back() == second
    with pytest.raises(ConflictError, match=f"somebody was quicker: {second} judges now"):
        back()
    assert repository.active(session) == second


def test_two_who_leave_the_only_promotion_are_told_that_the_shipped_model_judges(
    session: Session, added: Added
) -> None:
    promote(session, model := added())
    service.roll_back(session, SYSTEM, reason=WHY, judging=model, now=NOW)

    with pytest.raises(ConflictError, match="quicker: the model that ships judges now"):
        service.roll_back(session, SYSTEM, reason=WHY, judging=model, now=NOW)


def test_who_retires_what_was_in_shadow_does_not_retire_what_judges(
    session: Session, added: Added
) -> None:
    model = added()
    service.put_in_shadow(session, SYSTEM, model, reason=WHY, now=NOW)
    promote(session, model)

    with pytest.raises(ConflictError, match="quicker: the state of this model is “judges” now"):
        service.retire(session, SYSTEM, model, reason=WHY, stood="shadow", now=NOW)
    assert repository.active(session) == model
    service.retire(session, SYSTEM, model, reason=WHY, stood="active", now=NOW)
    assert state(session, model) is State.RETIRED


def test_who_promotes_over_one_model_does_not_promote_over_another(
    session: Session, added: Added
) -> None:
    shown, better, ours = added("shown"), added("better"), added("ours")
    promote(session, shown, better)

    def over(judging: str) -> None:
        service.promote(
            *(session, SYSTEM, ours),
            reason=WHY,
            without_shadow=True,
            stood="candidate",
            judging=judging,
            now=NOW,
        )

    for each in (shown, ""):
        with pytest.raises(ConflictError, match=f"quicker: {better} judges now"):
            over(each)
    assert repository.active(session) == better
    over(better)
    assert repository.active(session) == ours


@pytest.mark.parametrize("act", [service.promote, service.put_in_shadow])
def test_what_was_retired_meanwhile_is_neither_promoted_nor_tried(
    session: Session, added: Added, act: Act
) -> None:
    model = added()
    service.put_in_shadow(session, SYSTEM, model, reason=WHY, now=NOW)
    service.retire(session, SYSTEM, model, reason="biased", now=NOW)

    with pytest.raises(ConflictError, match="quicker: the state of this model is “retired” now"):
        act(session, SYSTEM, model, reason=WHY, stood="shadow", now=NOW)
    assert state(session, model) is State.RETIRED


def test_a_state_that_is_none_is_refused_by_its_name(session: Session, added: Added) -> None:
    model = added()

    with pytest.raises(InvalidError) as refused:
        service.retire(session, SYSTEM, model, reason=WHY, stood="", now=NOW)

    assert refused.value.field == "stood"
