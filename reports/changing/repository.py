"""Reads what was changed in a week, and the alerts that its effect is seen by."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import exists, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from alerts.tables import Alert, AlertEvent, AlertFinding
from core.among import among
from core.rows import read
from ingest.context.tables import PatientAbsence
from ingest.enrolment import Absence
from ingest.pausing.tables import DeclaredPause
from monitoring.models.standing import Change as ModelChange
from monitoring.models.tables import ModelEvent
from monitoring.plans.tables import PlanVersion
from monitoring.tables import AssessmentRow, made_here
from reports.changes import BEFORE, Kind, Made, Spoke
from reports.turning.repository import taken_back

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from reports.works.repository import Span

JUST_BEFORE = timedelta(microseconds=1)


def made(session: Session, heads: Mapping[UUID, UUID], span: Span) -> tuple[Made, ...]:
    """Return every change of a week that concerns some people while the team had them."""
    limits = list(_limits(session, heads, span))
    alone = {who for each in limits for who in each.patients}
    others = (
        *_models(session, heads, span),
        *limits,
        *_snoozes(session, heads, span),
        *_pauses(session, heads, span),
    )
    mine = (_with_team(each, span) for each in others)
    return (*_rules(session, heads, span, alone), *(each for each in mine if each.patients))


def _with_team(made: Made, span: Span) -> Made:
    """Return a change of whom the team had; a discharge is of whom it had until then."""
    at = made.at - JUST_BEFORE if made.kind is Kind.PAUSE else made.at
    mine = tuple(who for who in made.patients if not span.apart.at(who, at))
    return replace(made, patients=mine)


def _limits(session: Session, heads: Mapping[UUID, UUID], span: Span) -> Iterator[Made]:
    row = PlanVersion
    query = select(row.patient_id, row.at, row.subject, row.change, row.practitioner_id).where(
        among(row.patient_id, heads), row.at >= span.start, row.at < span.end
    )
    for patient, at, subject, change, by in session.execute(query.order_by(row.at, row.number)):
        yield Made(Kind.LIMIT, at, subject, change, (heads[patient],), by)


def _rules(
    session: Session, heads: Mapping[UUID, UUID], span: Span, alone: set[UUID]
) -> Iterator[Made]:
    """Yield new rules, once for each text, since the first judgement by it.

    Whose own limit changed in the week is left out: the hash of the rules names that as well.
    """
    of: dict[str, list[tuple[datetime, UUID]]] = defaultdict(list)
    for patient, at, name in session.execute(_first_by_others(heads, span)):
        if heads[patient] not in alone and not span.apart.at(patient, at):
            of[name].append((at, heads[patient]))
    for name, people in of.items():
        whom = tuple(sorted({who for _, who in people}))
        yield Made(Kind.RULES, min(at for at, _ in people), name, "changed", whom)


def _first_by_others(heads: Collection[UUID], span: Span) -> Select[UUID, datetime, str]:
    """Return the first judgement of each in the week by other rules than the last before it.

    The hash names a limit of their own too: who had one changed between the two is left out.
    """
    judged, before, own = aliased(AssessmentRow), aliased(AssessmentRow), PlanVersion
    earlier = (
        select(before.rulebook_hash, before.at)
        .where(before.patient_id == judged.patient_id, before.at < judged.at, made_here(before))
        .order_by(before.at.desc())
        .limit(1)
        .lateral()
    )
    of_their_own = exists().where(
        own.patient_id == judged.patient_id, own.at >= earlier.c.at, own.at <= judged.at
    )
    return (
        select(judged.patient_id, judged.at, judged.rulebook_hash)
        .join(earlier, true())
        .where(
            among(judged.patient_id, heads),
            judged.at >= span.start,
            judged.at < span.end,
            made_here(judged),
            judged.rulebook_hash != earlier.c.rulebook_hash,
            ~of_their_own,
        )
        .ext(distinct_on(judged.patient_id))
        .order_by(judged.patient_id, judged.at)
    )


def _models(session: Session, heads: Mapping[UUID, UUID], span: Span) -> Iterator[Made]:
    row = ModelEvent
    query = select(row.at, row.model_id, row.change, row.by_id).where(
        row.at >= span.start,
        row.at < span.end,
        row.change.in_([ModelChange.PROMOTED, ModelChange.ROLLED_BACK]),
    )
    everybody = tuple(sorted(set(heads.values())))
    for at, model, change, by in session.execute(query.order_by(row.id)):
        yield Made(Kind.MODEL, at, model, change, everybody, by)


def _snoozes(session: Session, heads: Mapping[UUID, UUID], span: Span) -> Iterator[Made]:
    row = AlertEvent
    query = (
        select(Alert.patient_id, row.at, Alert.problem, row.actor_id, row.after)
        .join(Alert, Alert.id == row.alert_id)
        .where(
            among(Alert.patient_id, heads),
            row.kind == "snoozed",
            ~taken_back(row),
            row.at >= span.start,
            row.at < span.end,
        )
    )
    for patient, at, problem, by, after in session.execute(query.order_by(row.id)):
        until = _instant(after, at)
        yield Made(Kind.SNOOZE, at, problem, "set", (heads[patient],), by, until)


def _instant(after: Mapping[str, Any], at: datetime) -> datetime | None:
    text_ = after.get("until")
    return type(at).fromisoformat(text_) if isinstance(text_, str) else None


def _pauses(session: Session, heads: Mapping[UUID, UUID], span: Span) -> Iterator[Made]:
    """Yield stays and pauses that began in the week, with who declared them, if anybody did."""
    row, said = PatientAbsence, DeclaredPause
    query = (
        select(row.patient_id, row.since, row.why, row.until, said.author_id)
        .outerjoin(said, said.id == row.id)
        .where(among(row.patient_id, heads), row.since >= span.start, row.since < span.end)
        .order_by(row.since, row.id)
    )
    for patient, since, why, until, by in session.execute(query):
        subject = Absence(why).value
        yield Made(Kind.PAUSE, since, subject, "set", (heads[patient],), by, until)


def spoke(session: Session, heads: Mapping[UUID, UUID], span: Span) -> tuple[Spoke, ...]:
    """Return the rules that speak in the alerts of a week and of the four weeks before it."""
    row = AlertFinding
    query = (
        select(Alert.id, Alert.patient_id, Alert.opened_at, row.rule_id, row.vital)
        .join(Alert, Alert.id == row.alert_id)
        .where(
            among(Alert.patient_id, heads),
            Alert.opened_at >= span.start - BEFORE,
            Alert.opened_at < span.end,
            row.fallen_at.is_(None),
        )
        .distinct()
    )
    return tuple(
        Spoke(alert, heads[patient], at, rule, vital or "")
        for alert, patient, at, rule, vital in read(session, query)
    )
