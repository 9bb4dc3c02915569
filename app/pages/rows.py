"""The rows of the inbox as they are printed: one decision each (UX-02)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.inbox import GRAVE, InboxRow
from alerts.lifecycle import State
from app.pages.briefly import brief
from app.pages.course import Subject
from app.pages.holding import whose
from app.pages.language import Language, language
from app.pages.next_step import step_words
from app.pages.people import facts
from app.pages.sparks import picture
from app.pages.trends import anchor
from app.pages.wording import Moment, Sentence, age, moment
from core.vitals import MEASURES, Severity, Vital
from ingest.roster import PatientProfile
from monitoring.catalogue import ENGLISH
from monitoring.findings import Awaited
from monitoring.leading import UNKNOWN, Grounds
from reports.charts import Point, Svg
from reports.silence import SILENT_AFTER

SPARK_SPAN = timedelta(days=14)
WEEK = timedelta(days=7)
SEXES = {"female": "F", "male": "M"}


@dataclass(frozen=True, slots=True)
class RowView:
    """One printed row."""

    alert_id: UUID
    patient_id: UUID
    version: int
    read: int  # how far the timelines were read when it was made
    place: int
    severity: Severity
    name: str
    facts: str
    sentence: Sentence
    second: str  # what stands behind it, in small
    untaken: str  # grave, and waiting behind one that was taken
    also: tuple[str, ...]
    picture: Svg | None
    no_picture: str
    trend: str  # where the chart of the last week's readings is on the patient page
    trend_drawn: str  # and where that of all that is drawn
    owner: str
    next_step: str
    next_at: Moment | None
    opened: Moment
    last_reading: Moment | None
    stale: bool
    can_take: bool
    put_off: bool
    grave: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Screen:
    """What the rows of one screen are made from."""

    now: datetime
    zone: ZoneInfo
    identities: frozenset[object]
    profiles: Mapping[UUID, PatientProfile]
    points: Mapping[UUID, Sequence[Point]]
    expected: Mapping[UUID, Mapping[Vital, Awaited]]
    language: str = ENGLISH
    private: bool = False  # nobody is named
    read: int = 0
    grounds: Mapping[UUID, Grounds] = field(default_factory=dict)  # by judgement
    rotas: Collection[UUID | None] = frozenset()  # the teams that keep one

    def subject(self, row: InboxRow) -> Subject:
        """Return what a row speaks of, with the readings that are drawn of it."""
        return Subject(
            finding=row.finding,
            grounds=self.grounds.get(row.finding.assessment_id, UNKNOWN),
            points=self.points.get(row.patient_id, ()),
            since=self.now - SPARK_SPAN,
            week=self.now - WEEK,
            now=self.now,
            zone=self.zone,
            said=self.said,
        )

    @property
    def said(self) -> Language:
        """Return the reader's language."""
        return language(self.language)


def row_view(row: InboxRow, screen: Screen, *, place: int) -> RowView:
    """Return a row as it is printed; `place` is its number on the page."""
    profile, said = screen.profiles[row.patient_id], screen.said
    subject = screen.subject(row)
    words = brief(subject)
    at = partial(moment, now=screen.now, zone=screen.zone, language=screen.language)
    return RowView(
        alert_id=row.alert_id,
        patient_id=row.patient_id,
        version=row.version,
        read=screen.read,
        place=place,
        severity=row.severity,
        name=said.say("Patient {number}", number=place) if screen.private else row.patient_name,
        facts=_facts(profile, screen),
        sentence=words.sentence,
        second=words.second,
        untaken=untaken(row, said),
        also=also(row, said, screen.identities),
        picture=picture(subject),
        no_picture=_no_picture(subject.vital, said),
        trend=_trend(subject, subject.week),
        trend_drawn=_trend(subject, subject.since),
        owner=whose(row, screen.identities, at, said, private=screen.private),
        next_step=step_words(row.next_step, said, rota=profile.team_id in screen.rotas),
        next_at=at(row.next_step_at) if row.next_step_at else None,
        opened=at(row.opened_at),
        last_reading=at(row.last_reading_at) if row.last_reading_at else None,
        stale=is_stale(row, subject.vital, screen),
        can_take=row.state.waits,
        put_off=row.state is State.SNOOZED,
        grave=row.severity in GRAVE,
        rule=row.finding.rule_id,
    )


def _facts(profile: PatientProfile, screen: Screen) -> str:
    """Return what a name is followed by; where nobody is named only age and sex."""
    if not screen.private:
        return facts(profile, today=screen.now.date(), language=screen.language)
    parts = [age(profile.birth_date, screen.now.date()), SEXES.get(profile.sex, "")]
    return " · ".join(part for part in parts if part)


def untaken(row: InboxRow, said: Language) -> str:
    """Return which grave alerts still wait although the one of the row was taken; "" if none."""
    if not row.untaken:
        return ""
    return said.say("nobody has taken: {problems}", problems=_graded(row.untaken, said))


def _graded(problems: Sequence[tuple[Severity, str]], said: Language) -> str:
    return ", ".join(f"{said.say(tier)} {said.say(_problem(each))}" for tier, each in problems)


def also(row: InboxRow, said: Language, mine: Collection[object] = frozenset()) -> tuple[str, ...]:
    """Return what else the row must say in small: other problems and who has them, doubt."""
    words = []
    if row.other_problems:
        each = zip(row.other_problems, row.other_holders, strict=True)
        others = ", ".join(_other(problem, holder, said, mine) for problem, holder in each)
        words.append(said.say("also: {problems}", problems=others))
    if row.put_off:
        words.append(said.say("put off: {problems}", problems=_graded(row.put_off, said)))
    if row.held:
        words.append(said.say(row.held))
    if row.contested:
        words.append(said.say(row.contested))
    if row.late:
        words.append(said.say("arrived late, nobody was paged"))
    return tuple(words)


def _other(
    problem: str, holder: tuple[UUID | None, str], said: Language, mine: Collection[object]
) -> str:
    words, (who, name) = said.say(_problem(problem)), holder
    if who in mine:
        return said.say("{problem} (yours)", problem=words)
    return said.say("{problem} ({who})", problem=words, who=name) if name else words


def _problem(problem: str) -> str:
    return problem.replace("-", " ")


def is_stale(row: InboxRow, vital: Vital | None, screen: Screen) -> bool:
    """Return whether the data are older than they should be: awaited, or nothing for two days."""
    last = row.last_reading_at
    awaited = screen.expected.get(row.patient_id, {}).get(vital) if vital else None
    if awaited is not None and awaited.late_at <= screen.now:
        return True
    return last is None or screen.now - last >= SILENT_AFTER


def _trend(subject: Subject, since: datetime) -> str:
    """Return the chart of the row's measurement, all of them where it has none to show."""
    lately = any(point.at >= since for point in subject.points)
    return anchor(subject.vital) if subject.vital is not None and lately else "trends"


def _no_picture(vital: Vital | None, said: Language) -> str:
    if vital is None:
        return said.say("several measurements: open to see them")
    return said.say("no {vital} drawn", vital=said.say(MEASURES[vital].display))
