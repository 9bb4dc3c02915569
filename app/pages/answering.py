"""The form of the checklist: what it says, and what it said where it came too late."""

from __future__ import annotations

from uuid import UUID

import alerts.service
from alerts.checking.service import differing
from alerts.checklist import Given, given
from alerts.outcomes import NOTE_LENGTH
from app.pages.door import Visit
from app.pages.forms import Act, Answers
from app.pages.labels import answered
from app.pages.language import language
from core.errors import InvalidError


def check(v: Visit, alert_id: UUID, form: Answers) -> None:
    """Keep what was answered on the checklist."""
    alerts.service.answer(v.session, v.caller, alert_id, read(form), now=v.now)


def read(form: Answers) -> list[Given]:
    """Return the answers of a form; raise `InvalidError` where its lines do not fit together."""
    seen = form.seen or [0] * len(form.item)  # a page from before this column: nothing was shown
    columns = (form.item, form.answers, form.words, form.about, seen)
    if len({len(column) for column in columns}) != 1:
        raise InvalidError("the checklist was not complete", field="item")
    return [given(*line) for line in zip(*columns, strict=True)]


def written(v: Visit, alert_id: UUID, form: Act) -> str:
    """Return what somebody wrote in a form, so that it can be kept where the act cannot.

    Of a checklist that is what they answered themselves, not what a colleague had before.
    """
    if isinstance(form, Answers):
        said = language(v.language)
        mine = differing(v.session, alert_id, read(form))
        lines = [answered(each, said) for each in mine]
    else:
        lines = [getattr(form, name, "") for name in ("reason", "note")]
    return "\n".join(line.strip() for line in lines if line.strip())[:NOTE_LENGTH]
