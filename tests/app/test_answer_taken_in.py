"""SEC-43: a contest that was taken in while it waited has its answer from a newer copy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from app.copies.scores_again import take
from core.clock import utc_now
from monitoring.contesting import repository
from monitoring.contests import Answer, Ruling
from tests.app.test_scores_told import NOW, doubted, judged
from tests.ingest.summing.lives import enrol

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.orm import Session

    from app.copies.scores_again import Taken
    from monitoring.contests import Contest

WAITS = {"ruling": None, "answer": "", "answered_by": None, "answered_at": None}


class Elsewhere:
    """One score and what is contested of it, as copies of another system say it."""

    def __init__(self, session: Session) -> None:
        self.session, self.here, there = session, enrol(session), uuid4()
        self.ids = {there: self.here}
        self.score = judged(patient_id=str(there))
        self.said = doubted(patient_id=str(there), assessment_id=self.score["id"])

    def copied(self, **other: Any) -> Taken:
        tables = {"assessment": [self.score], "score_contest": [self.said | other]}
        return take(self.session, tables, self.ids, now=NOW)

    def contest(self) -> Contest:
        self.session.expire_all()
        (found,) = repository.of_person(self.session, [self.here])
        return found


@pytest.fixture
def elsewhere(session: Session) -> Elsewhere:
    return Elsewhere(session)


def test_a_newer_copy_brings_the_answer_and_is_counted_for_it_sec_43(elsewhere: Elsewhere) -> None:
    first = elsewhere.copied(**WAITS)
    waited = elsewhere.contest()

    second, third = elsewhere.copied(), elsewhere.copied()

    answer = elsewhere.contest().answer
    assert waited.answer is None
    assert answer is not None
    assert (answer.ruling, answer.note) == (Ruling.UPHELD, elsewhere.said["answer"])
    assert answer.at == NOW.fromisoformat(elsewhere.said["answered_at"])
    assert [each.contests for each in (first, second, third)] == [1, 1, 0]
    assert not [
        each for each in repository.waiting(elsewhere.session, None) if each.id == waited.id
    ]


@pytest.mark.parametrize("newer", [WAITS, {"ruling": "not-upheld", "answer": "no"}])
def test_an_answer_stays_whatever_another_copy_says_sec_43(
    elsewhere: Elsewhere, newer: dict[str, Any]
) -> None:
    elsewhere.copied()
    before = elsewhere.contest()

    assert elsewhere.copied(**newer).contests == 0

    assert elsewhere.contest() == before


def test_what_was_answered_here_meanwhile_stays_sec_43(elsewhere: Elsewhere) -> None:
    elsewhere.copied(**WAITS)
    ours = Answer(Ruling.NOT_UPHELD, "ours", "", utc_now())
    repository.answer(elsewhere.session, elsewhere.contest().id, ours, UUID(int=7))

    assert elsewhere.copied().contests == 0

    answer = elsewhere.contest().answer
    assert answer is not None
    assert (answer.ruling, answer.note) == (ours.ruling, ours.note)
