"""The rows of the inbox as they are printed: one decision each (UX-02)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.inbox import GRAVE, InboxRow
from alerts.lifecycle import State
from app.pages.holding import whose
from app.pages.language import Language, language
from app.pages.people import facts
from app.pages.trends import anchor
from app.pages.wording import Moment, Sentence, age, moment, spoken
from core.vitals import MEASURES, Severity, Vital
from ingest.roster import PatientProfile
from monitoring.catalogue import ENGLISH
from monitoring.findings import Awaited
from reports.charts import Frame, Point, Svg, describe, sparkline
from reports.weekly import SILENT_AFTER

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
    untaken: str  # grave, and waiting behind one that was taken
    also: tuple[str, ...]
    picture: Svg | None
    no_picture: str
    trend: str  # where the chart of the measurement is on the patient page
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

    @property
    def said(self) -> Language:
        """Return the reader's language."""
        return language(self.language)


def row_view(row: InboxRow, screen: Screen, *, place: int) -> RowView:
    """Return a row as it is printed; `place` is its number on the page."""
    profile, said = screen.profiles[row.patient_id], screen.said
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
        sentence=spoken(row.finding, screen.language),
        untaken=untaken(row, said),
        also=also(row, said),
        picture=picture(row, screen),
        no_picture=_no_picture(row.finding.vital, said),
        trend=_trend(row, screen),
        owner=whose(row, screen.identities, at, said, private=screen.private),
        next_step=said.say(row.next_step) if row.next_step else "",
        next_at=at(row.next_step_at) if row.next_step_at else None,
        opened=at(row.opened_at),
        last_reading=at(row.last_reading_at) if row.last_reading_at else None,
        stale=is_stale(row, screen),
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


def also(row: InboxRow, said: Language) -> tuple[str, ...]:
    """Return what else the row must say in small: other problems, doubt, lateness."""
    words = []
    if row.other_problems:
        others = ", ".join(said.say(_problem(each)) for each in row.other_problems)
        words.append(said.say("also: {problems}", problems=others))
    if row.put_off:
        words.append(said.say("put off: {problems}", problems=_graded(row.put_off, said)))
    if row.held:
        words.append(said.say(row.held))
    if row.late:
        words.append(said.say("arrived late, nobody was paged"))
    return tuple(words)


def _problem(problem: str) -> str:
    return problem.replace("-", " ")


def is_stale(row: InboxRow, screen: Screen) -> bool:
    """Return whether the data are older than they should be: awaited, or nothing for two days."""
    last, vital = row.last_reading_at, row.finding.vital
    awaited = screen.expected.get(row.patient_id, {}).get(vital) if vital else None
    if awaited is not None and awaited.late_at <= screen.now:
        return True
    return last is None or screen.now - last >= SILENT_AFTER


def picture(row: InboxRow, screen: Screen) -> Svg | None:
    """Return the row's sparkline, or None where its vital has no reading to draw."""
    points = screen.points.get(row.patient_id, ())
    finding = row.finding
    if finding.vital is None or not points:
        return None
    frame = Frame(screen.now - SPARK_SPAN, screen.now, "", finding.usual, finding.limit)
    return sparkline(points, _labelled(frame, points, finding.vital, screen.said))


def _trend(row: InboxRow, screen: Screen) -> str:
    """Return the chart of the row's measurement, all of them where it has none to show."""
    vital, points = row.finding.vital, screen.points.get(row.patient_id, ())
    lately = any(point.at >= screen.now - WEEK for point in points)
    return anchor(vital) if vital is not None and lately else "trends"


def _no_picture(vital: Vital | None, said: Language) -> str:
    if vital is None:
        return said.say("several measurements: open to see them")
    return said.say("no {vital} drawn", vital=said.say(MEASURES[vital].display))


def _labelled(frame: Frame, points: Sequence[Point], vital: Vital, said: Language) -> Frame:
    measure = MEASURES[vital]
    words = describe(points, frame, unit=measure.unit_display, decimals=measure.decimals)
    label = said.say(
        "{vital}, {days} days: {summary}",
        vital=said.say(measure.display),
        days=SPARK_SPAN.days,
        summary=words,
    )
    return Frame(frame.start, frame.end, label, frame.usual, frame.limit)
