"""The registry: what may become of a model, by whose word, and what is written down of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.audit import AuditEvent
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role
from monitoring.models import repository, service
from monitoring.models.standing import By, Change, Happened, State, judged_before
from monitoring.models.tables import LearnedModel
from monitoring.risk import ArtefactError, digest
from tests.artefacts import artefact, torn

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.monitoring.models.conftest import Added

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SUPERVISOR = Caller(kind="user", id=uuid4(), role=Role.SUPERVISOR)
WHY = "it finds more at the same burden"


def promote(session: Session, model: str, *, days: int = 0, caller: Caller = SUPERVISOR) -> None:
    at = NOW + timedelta(days=days)
    service.promote(session, caller, model, reason=WHY, without_shadow=True, now=at)


def state(session: Session, model: str) -> State:
    return repository.entry(session, model).state


def test_what_is_added_keeps_its_numbers_and_shows_its_card(session: Session) -> None:
    made = artefact("mine")
    made["training"]["zero"] = -0.0  # which jsonb would not keep
    made["sha256"] = digest(made)

    id_ = service.add(session, SUPERVISOR, made, reason=" after a quarter ", now=NOW)

    entry = repository.entry(session, id_)
    assert id_ == f"risk-{made['sha256'][:12]}"
    assert json.loads(repository.artefact(session, id_)) == made
    assert service.stored(session, id_).id == id_
    assert (entry.state, entry.reason, entry.added_at) == (State.CANDIDATE, "after a quarter", NOW)
    assert entry.added_by == By("user", SUPERVISOR.id)
    assert entry.card["training"]["patients"] == made["training"]["patients"]
    assert '"points"' in repository.artefact(session, id_)
    assert '"points"' not in json.dumps(entry.card)
    assert entry.card["features"][0]["name"] == made["features"][0]["name"]


@pytest.mark.parametrize("damage", [{"format": 0}, {"features": []}, {"sha256": "0" * 64}])
def test_what_does_not_load_is_not_added_ft_33(session: Session, damage: dict[str, object]) -> None:
    with pytest.raises(InvalidError, match="does not load"):
        service.add(session, SYSTEM, artefact() | damage, reason=WHY, now=NOW)

    assert repository.entries(session) == []


def test_a_model_is_added_once(added: Added) -> None:
    added("one")

    with pytest.raises(ConflictError):
        added("one")


def test_a_promotion_needs_a_time_in_shadow_or_a_word_against_it_al_21(
    session: Session, added: Added
) -> None:
    untried, tried = added("untried"), added("tried")
    service.put_in_shadow(session, SYSTEM, tried, reason=WHY, now=NOW)

    with pytest.raises(ConflictError, match="never in shadow"):
        service.promote(session, SYSTEM, untried, reason=WHY, now=NOW)
    service.promote(session, SYSTEM, tried, reason=WHY, now=NOW + timedelta(days=30))

    assert repository.active(session) == tried
    assert repository.entry(session, tried).since == NOW + timedelta(days=30)
    promote(session, untried, days=31)
    assert (repository.active(session), state(session, tried)) == (untried, State.RETIRED)


def test_each_roll_back_takes_one_promotion_back_until_the_shipped_model_judges(
    session: Session, added: Added
) -> None:
    first, second = added("first"), added("second")
    for day, model in enumerate([first, second, first]):
        promote(session, model, days=day)

    def back() -> str:
        return service.roll_back(session, SUPERVISOR, reason="too many alerts", now=NOW)

    assert [back(), back(), back()] == [second, first, ""]
    assert repository.active(session) is None
    with pytest.raises(ConflictError, match="ships"):
        back()


def test_what_was_retired_by_somebodys_word_is_not_rolled_back_to(
    session: Session, added: Added
) -> None:
    bad, good = added("bad"), added("good")
    promote(session, bad)
    promote(session, good, days=1)
    service.put_in_shadow(session, SYSTEM, bad, reason=WHY, now=NOW)
    service.retire(session, SYSTEM, bad, reason="biased", now=NOW)

    assert service.roll_back(session, SYSTEM, reason="worse", now=NOW) == ""
    assert state(session, bad) is State.RETIRED


def test_a_model_is_not_rolled_back_to_itself(session: Session, added: Added) -> None:
    harmful, between = added("harmful"), added("between")
    for day, model in enumerate([harmful, between, harmful]):
        promote(session, model, days=day)
    service.put_in_shadow(session, SYSTEM, between, reason=WHY, now=NOW)
    service.retire(session, SYSTEM, between, reason="biased", now=NOW)

    assert service.roll_back(session, SYSTEM, reason="does harm", now=NOW) == ""
    assert repository.active(session) is None
    assert state(session, harmful) is State.RETIRED


def test_a_roll_back_to_itself_that_was_written_down_counts_as_it_stands() -> None:
    def said(model: str, change: Change, other: str = "") -> Happened:
        return Happened(model, change, NOW, By("system"), WHY, other)

    before = [
        said("a", Change.PROMOTED),
        said("b", Change.PROMOTED, "a"),
        said("a", Change.PROMOTED, "b"),
        said("b", Change.RETIRED),
        said("a", Change.ROLLED_BACK, "a"),
    ]
    later = [said("c", Change.PROMOTED, "a"), said("c", Change.ROLLED_BACK, "a")]

    assert judged_before(before) == ""
    assert judged_before([*before, later[0]]) == "a"
    assert judged_before([*before, *later]) == ""
    assert judged_before([*before, said("a", Change.ROLLED_BACK), later[0]]) == ""


def test_who_retires_the_model_that_judges_lets_the_shipped_one_judge(
    session: Session, added: Added
) -> None:
    promote(session, added("first"))
    promote(session, second := added("second"), days=1)

    service.retire(session, SUPERVISOR, second, reason="unsafe", now=NOW)

    assert repository.active(session) is None
    with pytest.raises(ConflictError, match="retired already"):
        service.retire(session, SUPERVISOR, second, reason="unsafe", now=NOW)


def test_a_damaged_row_is_neither_promoted_nor_rolled_back_to_ft_33(
    session: Session, added: Added
) -> None:
    bad, good = added("bad"), added("good")
    promote(session, bad)
    promote(session, good)
    broken = LearnedModel(
        id="risk-000000000000",
        artefact=repository.artefact(session, good).replace("0.5", "0.6", 1),
        card={},
        state=State.CANDIDATE,
        since=NOW,
        added_at=NOW,
        added_by_kind="system",
        reason="",
    )
    session.add(broken)
    session.flush()

    with pytest.raises(InvalidError, match="hash does not match"):
        promote(session, broken.id)
    with pytest.raises(ArtefactError):
        service.stored(session, broken.id)
    with pytest.raises(NotFoundError):
        service.stored(session, "risk-nothing")
    assert repository.active(session) == good


@pytest.mark.parametrize("role", [Role.NURSE, Role.PHYSICIAN])
def test_only_a_supervisor_says_which_model_judges_sec_10(
    session: Session, added: Added, role: Role
) -> None:
    model = added()

    with pytest.raises(ForbiddenError):
        promote(session, model, caller=Caller(kind="user", id=uuid4(), role=role))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_every_change_has_its_reason(session: Session, added: Added, reason: str) -> None:
    model = added()

    with pytest.raises(InvalidError) as refused:
        service.put_in_shadow(session, SYSTEM, model, reason=reason, now=NOW)

    assert refused.value.field == "reason"


def test_at_most_three_score_in_shadow(session: Session, added: Added) -> None:
    for salt in "abc":
        service.put_in_shadow(session, SYSTEM, added(salt), reason=WHY, now=NOW)

    with pytest.raises(ConflictError, match="retire one first"):
        service.put_in_shadow(session, SYSTEM, added("d"), reason=WHY, now=NOW)


def test_everything_that_happened_is_written_down_and_audited_sec_16(
    session: Session, added: Added
) -> None:
    before = session.scalar(select(func.count()).where(AuditEvent.entity == "model")) or 0
    first, second = added("first"), added("second")
    service.put_in_shadow(session, SUPERVISOR, first, reason="let us see", now=NOW)
    promote(session, first)
    promote(session, second)
    service.roll_back(session, SUPERVISOR, reason="worse", now=NOW)

    happened = repository.history(session)
    audited = session.scalars(select(AuditEvent).where(AuditEvent.entity == "model")).all()

    assert [(each.model_id, each.change, each.other) for each in happened] == [
        (second, Change.ROLLED_BACK, first),
        (second, Change.PROMOTED, first),
        (first, Change.PROMOTED, ""),
        (first, Change.SHADOWED, ""),
        (second, Change.ADDED, ""),
        (first, Change.ADDED, ""),
    ]
    assert (happened[0].reason, happened[0].by) == ("worse", By("user", SUPERVISOR.id))
    assert len(audited) - before == len(happened)
    assert [each.change for each in repository.history(session, second)][-1] is Change.ADDED


@pytest.mark.parametrize(
    "change",
    [
        "update learned_model set artefact = '{}'",
        "update model_event set reason = 'x'",
        "delete from model_event",
        "delete from learned_model",
    ],
)
def test_the_application_can_rewrite_neither_an_artefact_nor_what_happened_sec_18(
    session: Session, change: str
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        session.execute(text(change))


def test_the_database_lets_one_model_judge_at_most(session: Session, added: Added) -> None:
    promote(session, added())

    with pytest.raises(IntegrityError, match="uq_learned_model_active"):
        torn(session, State.ACTIVE)
