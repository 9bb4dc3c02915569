"""What is known of a patient's goals of care: what colleagues wrote in a checklist, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from alerts.checking.repository import standing
from alerts.inbox import EpisodeView
from alerts.naming.repository import UNKNOWN, names
from app.pages.door import Visit
from app.pages.explained import Reader
from app.pages.wording import Moment

ITEM = "goals"  # of the checklist: "Goals of care, contact?"


@dataclass(frozen=True, slots=True)
class GoalsPrint:
    """The newest words, "" where nobody wrote any; `form` is the alert whose checklist asks."""

    words: str
    by: str
    at: Moment | None
    form: UUID | None


def goals_of(
    visit: Visit, episodes: Iterable[EpisodeView], live: Iterable[EpisodeView], reader: Reader
) -> GoalsPrint:
    """Return what was last written of a person's goals, with whichever alert it was."""
    form = next((each.id for each in live), None)
    answers = standing(visit.session, [each.id for each in episodes]).values()
    told = [answer for each in answers if (answer := each.get(ITEM)) and answer.words]
    newest = max(told, key=lambda answer: answer.number, default=None)
    if newest is None:
        return GoalsPrint("", "", None, form)
    who = names(visit.session, {newest.by} if newest.by else set())
    by = who.get(newest.by, UNKNOWN) if newest.by else UNKNOWN
    return GoalsPrint(newest.words, by, reader.at(newest.at) if newest.at else None, form)
