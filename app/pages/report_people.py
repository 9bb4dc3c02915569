"""The pages of the weekly report about one person each: what happened, and what is to be asked.

Seen from the end of the week: no reading, alert or usual range of later is in it. The plan is that
of today, because it is what the meeting can change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import alerts.service
from alerts.inbox import EpisodeView
from alerts.repository import BESIDE, CHANGES
from app.pages.door import Door, Visit
from app.pages.explained import Reader
from app.pages.goals_of_care import goals_of
from app.pages.labels import event_words, problem_words
from app.pages.language import Language, language
from app.pages.pausing import PauseLine, pause_print
from app.pages.people import facts
from app.pages.plan import PlanPrint, plan_print, site_of
from app.pages.site_policy import policy_of
from app.pages.trend_data import Asked, trends_of
from app.pages.trends import Trend
from app.pages.units import units
from app.pages.wording import Moment
from core.vitals import Severity
from ingest import repository as people
from ingest.choosing.repository import restricted
from ingest.roster import PatientProfile
from reports.episodes import Episode
from reports.service import TeamWeek
from reports.small_multiple import Multiple, small_multiple
from reports.talk import MOST, Known, Question, Talk, Why, questions, talked_about

DAYS = 28  # of trend: what is usual is learnt from as many
MOST_PICTURES = 4
MOST_EVENTS = 10
TOLD = frozenset({*CHANGES, *BESIDE, "escalated"})  # who was sent what stands on the patient page


@dataclass(frozen=True, slots=True)
class Picture:
    """One measurement in little."""

    title: str
    caption: str
    picture: str


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the week."""

    at: Moment
    words: str


@dataclass(frozen=True, slots=True)
class PersonWeek:
    """One person's page."""

    id: UUID
    name: str
    facts: str
    severity: Severity | None
    why: list[str]
    pictures: list[Picture]
    events: list[Event]
    events_left: int
    plan: list[str]
    questions: list[str]


@dataclass(frozen=True, slots=True)
class People:
    """The pages, and how many people more are only named in the lists of the first page."""

    pages: list[PersonWeek]
    left: int
    days: int = DAYS
    unseen: bool = False  # whether somebody is counted who may stand in no list


def report_people(door: Door, visit: Visit, found: TeamWeek) -> People:
    """Return a page for each person who needs talking about, of those whom the visitor may see."""
    end = min(found.week.end, visit.now)
    # An issue stays as it was; what is drawn of it now is drawn of nobody who restricted the use.
    unused = restricted(visit.session, found.names, now=visit.now)
    talks = [
        each
        for each in talked_about(found.report, end=end)
        if each.patient_id in found.names and each.patient_id not in unused
    ]
    wanted = [each.patient_id for each in talks[:MOST]]
    visible = people.visible_to(visit.caller)
    known = {each.id: each for each in people.profiles(visit.session, visible, wanted)}
    pages = [
        _Desk(door, visit, found, known[talk.patient_id]).page(talk)
        for talk in talks[:MOST]
        if talk.patient_id in known
    ]
    unseen = bool(found.hidden or unused)
    return People(pages, len(talks) - len(pages), unseen=unseen)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one page is made with."""

    door: Door
    visit: Visit
    found: TeamWeek
    profile: PatientProfile

    @property
    def said(self) -> Language:
        return language(self.visit.language)

    @property
    def end(self) -> datetime:
        """Return from when the week is looked back at."""
        return min(self.found.week.end, self.visit.now)

    def page(self, talk: Talk) -> PersonWeek:
        """Return the page of one person."""
        every = alerts.service.episodes(self.visit.session, self.visit.caller, talk.patient_id)
        then = [each for each in every if each.opened_at < self.end]
        events = [*_events(then, self.found.week.start, self.end, self.said)]
        newest = sorted(events, key=lambda each: each[0])[-MOST_EVENTS:]
        plan = plan_print(self.door, self.visit, talk.patient_id)
        known = self._known(plan, every, then)
        return PersonWeek(
            talk.patient_id,
            self.profile.name,
            facts(
                self.profile,
                today=self.end.astimezone(self.door.zone).date(),
                language=self.visit.language,
            ),
            talk.severity,
            [self._why(why, talk.patient_id) for why in talk.why],
            [_picture(each, self.found) for each in self._trends(talk.patient_id, then)],
            [Event(self._reader.at(at), words) for at, words in newest],
            len(events) - len(newest),
            [*self._plan(plan, talk.patient_id)],
            [self.said.say(QUESTIONS[each]) for each in questions(talk, known)],
        )

    @property
    def _reader(self) -> Reader:
        visit, profile = self.visit, self.profile
        settings = self.door.settings
        return Reader(
            visit.now,
            self.door.zone,
            visit.identities,
            visit.language,
            profile.language,
            settings.emergency_number,
            policy_of(settings).place(profile.team_id, profile.team_name),
            profile.zone,
        )

    def _known(
        self, plan: PlanPrint, every: Sequence[EpisodeView], then: Sequence[EpisodeView]
    ) -> Known:
        goals = goals_of(self.visit, every, [], self._reader)
        since = self.end - timedelta(days=DAYS)
        return Known(
            lives_alone=bool(self.profile.lives_alone),
            reviews_due=bool(plan.overdue),
            goals=bool(goals.words),
            recent=[_episode(each) for each in then if each.opened_at >= since],
        )

    def _why(self, why: Why, who: UUID) -> str:
        return self.said.say(WHY[why], **self._facts(why, who))

    def _facts(self, why: Why, who: UUID) -> Mapping[str, object]:
        report = self.found.report
        if why is Why.WORSE:
            change = next(each for each in report.worse if each.patient_id == who)
            return {
                "now": self._tier(change.now),
                "before": self._tier(change.before),
            }
        if why is Why.DROPPING:
            line = next(each for each in report.adherence if each.patient_id == who)
            before, now = line.weeks[-2:]
            return {
                "days": now.hits,
                "possible": now.of,
                "before": before.hits,
                "expected": before.of,
            }
        if why is Why.SILENT:
            last = self.found.last.get(who)
            never = self.said.say("no reading was ever received")
            return {"last": self._last(last) if last else never}
        return {}

    def _tier(self, severity: Severity | None) -> str:
        return self.said.say(severity or "no alert")

    def _last(self, last: datetime) -> str:
        at = self.said.absolute(last, now=self.visit.now, zone=self.door.zone)
        return self.said.say("the last reading came on {day}", day=at)

    def _trends(self, who: UUID, episodes: Sequence[EpisodeView]) -> list[Trend]:
        settings, start = self.door.settings, self.end - timedelta(days=DAYS)
        what = Asked(DAYS, units("", settings.site_units), self.door.zone, site_of(settings.plan))
        readings = people.readings(self.visit.session, who, since=start)
        shown = [each for each in readings if each.effective < self.end]
        then = replace(self.visit, now=self.end)
        return trends_of(then, who, what, shown, episodes)[:MOST_PICTURES]

    def _plan(self, plan: PlanPrint, who: UUID) -> Iterator[str]:
        if plan.templates:
            yield self.said.say("Templates: {names}", names=", ".join(plan.templates))
        yield from plan.own
        if plan.target:
            yield plan.target
        yield from plan.overdue
        yield from (line.words for line in _pauses(self.door, self.visit, who))


def _pauses(door: Door, visit: Visit, who: UUID) -> Iterator[PauseLine]:
    yield from (line for line in pause_print(door, visit, who).lines if line.on or line.ahead)


def _episode(view: EpisodeView) -> Episode:
    return Episode(
        id=view.id,
        patient_id=view.patient_id,
        problem=view.problem,
        severity=view.severity,
        opened_at=view.opened_at,
        acknowledged_at=view.acknowledged_at,
        closed_at=view.closed_at,
        outcome=view.outcome,
        owner_id=view.owner_id,
    )


def _events(
    episodes: Sequence[EpisodeView], start: datetime, end: datetime, said: Language
) -> Iterator[tuple[datetime, str]]:
    """Yield how alerts came and went in the week, and what people did about them."""
    for episode in episodes:
        problem = problem_words(episode, said)
        for entry in episode.timeline:
            if entry.kind in TOLD and start <= entry.at < end:
                yield entry.at, event_words(entry, problem, said)


def _picture(trend: Trend, found: TeamWeek) -> Picture:
    week = (found.week.start, found.week.end)
    return Picture(trend.title, trend.caption, small_multiple(Multiple(trend.plot, week)))


WHY = {
    Why.UNTAKEN: "An alert that nobody had taken was open at the end of what was counted.",
    Why.WORSE: "Graver than the week before: {now}, after {before}.",
    Why.OPEN: "An alert that somebody has taken was open at the end of what was counted.",
    Why.SILENT: "Silent: {last}.",
    Why.DROPPING: (
        "Readings on {days} of {possible} days, on {before} of {expected} the week before."
    ),
}
QUESTIONS = {
    Question.WHO_TAKES: "Who takes the open alert, and by when?",
    Question.WHAT_ELSE: "What else could explain it? Name two causes beside the first.",
    Question.WHAT_NEXT: "What happens next at home, and when is it looked at again?",
    Question.LIMIT_RIGHT: "Most alerts of one problem were false lately: is its limit right?",
    Question.WHO_SAW_THEM: "Lives alone and is silent: who has seen or spoken to this person?",
    Question.WHAT_STOPPED: "Why does nothing come: device, hub, a stay away, or the person?",
    Question.WHAT_HINDERS: "What makes measuring hard, and who asks?",
    Question.REVIEW_DUE: "A part of the plan is past its review: does it still fit?",
    Question.GOALS: "Nobody has recorded goals of care: what does this person want?",
}
