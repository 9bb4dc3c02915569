"""How things stand in all: who needs somebody now, what is narrowed away, who is silent; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from alerts.lifecycle import State
from alerts.survey import Case
from app.pages.language import Language
from app.pages.showing import TIERS, Filter, Show, shown_as
from app.pages.strip import Strip
from core.vitals import Severity
from ingest.roster import Team

ALWAYS = (Severity.RED, Severity.AMBER, Severity.YELLOW)


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that the list can be narrowed to, and where that is."""

    words: str
    count: int
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Chips:
    """One kind of them, by its name."""

    name: str
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom the list is: under which ids they hold alerts, and whom each team looks after."""

    me: Collection[object]
    teams: Sequence[Team]
    of_team: Mapping[UUID, Collection[UUID]]
    said: Language


def heading(cases: Sequence[Case], said: Language) -> str:
    """Return how many people need somebody now in all: RED and AMBER that nobody has taken."""
    urgent = sum(case.needs_somebody_now for case in cases)
    if not urgent:
        return said.say("Nobody waits for you now")
    return said.count("{count} person needs you now", "{count} people need you now", urgent)


def lede(cases: Sequence[Case], reader: Reader) -> str:
    """Return the rest in one line."""
    said = reader.said
    firsts = [case.first for case in cases if not case.needs_somebody_now]
    waiting = sum(brief.state.waits for brief in firsts)
    mine = sum(brief.owner_id in reader.me for brief in firsts)
    others = sum(brief.state.owned for brief in firsts) - mine
    put_off = sum(brief.state is State.SNOOZED for brief in firsts)
    counts = (
        (waiting, said.count("{count} more can wait", "{count} more can wait", waiting)),
        (mine, said.count("{count} yours to conclude", "{count} yours to conclude", mine)),
        (others, said.count("{count} with colleagues", "{count} with colleagues", others)),
        (put_off, said.count("{count} put off", "{count} put off", put_off)),
    )
    return " · ".join(words for count, words in counts if count) or said.say(
        "Nothing else is open."
    )


def outside(cases: Sequence[Case], shown: Collection[UUID], said: Language) -> str:
    """Return how many people need somebody now whom the filter leaves out; "" where none."""
    left = sum(case.needs_somebody_now and case.patient_id not in shown for case in cases)
    if not left:
        return ""
    return said.count(
        "{count} person outside this filter needs somebody now",
        "{count} people outside this filter need somebody now",
        left,
    )


def narrowed(chosen: Filter, shown: int, total: int, reader: Reader) -> str:
    """Return the filter in words, with how much of everything it shows; "" where it is none."""
    if not chosen.narrows:
        return ""
    words = _words(reader.said)
    names = {team.id: team.name for team in reader.teams}
    parts = (
        [words[each] for each in chosen.show],
        [reader.said.say(tier) for tier in chosen.tiers],
        [names[each] for each in chosen.teams],
    )
    return reader.said.say(
        "Shown: {what}. {shown} of {total} people.",
        what="; ".join(", ".join(part) for part in parts if part),
        shown=shown,
        total=total,
    )


def chips(chosen: Filter, cases: Sequence[Case], reader: Reader) -> list[Chips]:
    """Return what can be chosen, each with how many people it would show alone."""
    said, words = reader.said, _words(reader.said)
    found = [
        Chips(
            said.say("Whose"),
            tuple(
                Chip(
                    words[each],
                    sum(shown_as(case, each, reader.me) for case in cases),
                    chosen.with_show(each).address,
                    each in chosen.show,
                )
                for each in Show
            ),
        ),
        Chips(said.say("Severity"), tuple(_tiers(chosen, cases, said))),
    ]
    if len(reader.teams) > 1:
        found.append(Chips(said.say("Team"), tuple(_teams(chosen, cases, reader))))
    return found


def _tiers(chosen: Filter, cases: Sequence[Case], said: Language) -> list[Chip]:
    counts = {tier: sum(case.first.severity is tier for case in cases) for tier in TIERS}
    return [
        Chip(said.say(tier), count, chosen.with_tier(tier).address, tier in chosen.tiers)
        for tier, count in counts.items()
        if count or tier in ALWAYS or tier in chosen.tiers
    ]


def _teams(chosen: Filter, cases: Sequence[Case], reader: Reader) -> list[Chip]:
    return [
        Chip(
            team.name,
            sum(case.patient_id in reader.of_team.get(team.id, ()) for case in cases),
            chosen.with_team(team.id).address,
            team.id in chosen.teams,
        )
        for team in reader.teams
    ]


def _words(said: Language) -> dict[Show, str]:
    return {
        Show.MINE: said.say("Mine"),
        Show.UNOWNED: said.say("Not owned"),
        Show.SNOOZED: said.say("Snoozed"),
    }


def without_team(teams: Sequence[Team], line: Strip, said: Language) -> str:
    """Return why nobody can be listed for a reader, "" where somebody could be.

    An inbox that is empty for want of rights must not read as one of people who are well.
    """
    if teams or line.patients:
        return ""
    return said.say("You belong to no care team; nobody can be shown.")


def empty(line: Strip, said: Language) -> str:
    """Return what an empty list says, so that silence is never taken for health (UX-14)."""
    heard = _heard(line, said)
    if not line.paused:
        return heard
    paused = said.count("{count} person is paused.", "{count} people are paused.", line.paused)
    return f"{heard} {paused}"


def _heard(line: Strip, said: Language) -> str:
    facts = {"reporting": line.reporting, "silent": line.silent}
    if line.newest is None:
        return said.count(
            "None open; no reading yet; {reporting} of {count} patient reporting; {silent} silent.",
            "None open; no reading yet; {reporting} of {count} patients reporting;"
            " {silent} silent.",
            line.patients,
            **facts,
        )
    return said.count(
        "None open; last reading {when}; {reporting} of {count} patient reporting;"
        " {silent} silent.",
        "None open; last reading {when}; {reporting} of {count} patients reporting;"
        " {silent} silent.",
        line.patients,
        when=line.newest.relative,
        **facts,
    )
