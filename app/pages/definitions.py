"""What the words of the weekly report mean, printed at its end."""

from __future__ import annotations

from dataclasses import dataclass

from app.pages.language import Language


@dataclass(frozen=True, slots=True)
class Definition:
    """One word and its meaning."""

    word: str
    meaning: str


def definitions(said: Language) -> list[Definition]:
    """Return every word whose meaning a figure rests on."""
    parts = (_people, _alerts, _figures, _others)
    return [Definition(*each) for part in parts for each in part(said)]


def _people(said: Language) -> tuple[tuple[str, str], ...]:
    return (
        (
            said.say("Week"),
            said.say("Monday 00:00 to the next Monday 00:00 by the clock of the team."),
        ),
        (
            said.say("Patients"),
            said.say(
                "Whom the team had at any time of the week, each for that time: who moves or is"
                " discharged counts until then, and for the new team from then on. Who got worse,"
                " who is silent and what is open is told of those whom it has at the end. Whom the"
                " reader may not see any more counts in the totals and stands in no list."
            ),
        ),
        (
            said.say("Got worse, got better"),
            said.say(
                "The gravest tier of all open alerts of a person in this week beside the week"
                " before, whichever team had them; listed where the graver of the two is RED or"
                " AMBER. Alerts about data quality do not count. Who is silent at the end is not"
                " said to be better."
            ),
        ),
        (
            said.say("Silent"),
            said.say(
                "No reading in the last 48 hours of the week, or until now. The first reason that"
                " is known is told: death, hospital, pause, a fault here, the hub, a device."
            ),
        ),
        (
            said.say("Past its deadline"),
            said.say(
                "Open at the end, and: an alert that nobody took within its target, or took"
                " without reaching the person within it; a step that did not act; a video visit"
                " whose outcome is missing; a limit past its review; a question about a past day"
                " or a contested score unanswered for 7 days; daily questions of the week"
                " unanswered."
            ),
        ),
    )


def _alerts(said: Language) -> tuple[tuple[str, str], ...]:
    return (
        (
            said.say("Alerts opened"),
            said.say(
                "Alerts that began in the week while the team had the person, one per patient and"
                " problem, with the tier at its end; the outcome, whose it is and the rules in it"
                " as they are known now."
            ),
        ),
        (
            said.say("Within target"),
            said.say(
                "Taken within 15 minutes (RED), 4 hours (AMBER) or 3 days (YELLOW), of those that"
                " were taken or ended, or whose time was up, by the end of the week. Reached within"
                " 60 minutes (RED) or 4 hours (AMBER), of those of which somebody was reached by"
                " then, or that were still open when the time was up. Where the time ends after"
                " the week and nobody took it, it counts in no week; it is past its deadline then."
            ),
        ),
        (
            said.say("Rose, came back"),
            said.say(
                "The time of an alert that grew worse begins anew: who took the lesser one has not"
                " answered the graver. One that came back is taken by nobody until taken again."
            ),
        ),
        (
            said.say("In service hours"),
            said.say(
                "Begun in the service hours of the policy that was in force for the alert, and"
                " while somebody of the team reads."
            ),
        ),
    )


def _figures(said: Language) -> tuple[tuple[str, str], ...]:
    return (
        (
            said.say("PPV-actionable"),
            said.say(
                "Of the alerts of the week with an outcome, those that were true and led to an"
                " action. Duplicates and unsure ones are left out."
            ),
        ),
        (
            said.say("PPV-event"),
            said.say("The same, counting also those that were true and needed no action."),
        ),
        (
            said.say("Per patient-week"),
            said.say(
                "Alerts opened, by the time for which the team had each of its people, added up in"
                " weeks: from when they came until they left or were discharged. The budget is for"
                " RED and AMBER: 4 in a patient-year, 1.5 a day for 100 people."
            ),
        ),
        (
            said.say("Days over budget"),
            said.say(
                "Days on which a clinician was told of as many alerts of one tier as the policy"
                " allows a person; what came after went to the team or into the digest."
            ),
        ),
    )


def contests_mean(said: Language) -> str:
    """Return what the figures about contested scores count."""
    return said.say(
        "Received: contested in the span. Answered in time: within 7 days, of those that were"
        " answered in the span or whose 7 days ended in it; each counts once. Upheld: of those"
        " answered in the span, those of which a clinician says that the score was wrong about"
        " the person. Overdue: unanswered at its end after 7 days or more."
    )


def _others(said: Language) -> tuple[tuple[str, str], ...]:
    return (
        (
            said.say("Days with a reading"),
            said.say(
                "Of the days that were expected: since enrolment, while the team had the person"
                " (the day of a move counts for both teams), without whole days in hospital or"
                " paused, and none after a death. May drop out: no reading on the last 4 expected"
                " days, or 30 points fewer of the days in the last two weeks than in the six"
                " before."
            ),
        ),
        (
            said.say("Effect of a change"),
            said.say(
                "Alerts that the change is about, per patient-week: in the four weeks before it,"
                " and since, of the people whom it concerns, while the team had them."
            ),
        ),
        (
            said.say("Predicted and seen"),
            said.say(
                "What the learned score predicted and what came of it, of everybody of the"
                " installation in 90 days."
            ),
        ),
        (said.say("Contested scores"), contests_mean(said)),
        (
            said.say("Few"),
            said.say(
                "The number rests on fewer than five; one more would change it a lot. Intervals"
                " are of 95 %."
            ),
        ),
    )
