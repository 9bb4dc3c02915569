"""What is watched of the model that judges, and the trainings: drift, outcomes, how far one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from app.accounts.tables import AppUser
from app.model_watch.service import LATELY, LOOKED_BACK, calibration_of, drift_of
from app.pages.language import Language, language
from app.pages.wording import Moment, maybe, moment
from app.retraining import repository as trainings
from app.retraining.states import CLOCK, LIVE, Order, Run, RunState, Stage, Why
from core.first import First
from core.sealed_fields import unseal
from ingest.weekly import DASH
from monitoring.drift import Drift, Moved
from monitoring.features import FEATURES
from monitoring.live_calibration import FEWEST_ANSWERS, FEWEST_DAYS, FEWEST_PEOPLE, Band, Fit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from app.pages.door import Door, Visit

SHOWN = 12  # features; the others are folded
LABELS = {feature.name: feature.label for feature in FEATURES}


@dataclass(frozen=True, slots=True)
class FeaturePrint:
    """One feature: what it is, how far it moved, and what chance alone may show."""

    name: str
    words: str
    moved: bool
    index: str
    noise: str


@dataclass(frozen=True, slots=True)
class DriftPrint:
    """The last look for drift."""

    at: Moment
    people: int
    days: int
    shares_known: bool
    enough: bool
    first: list[FeaturePrint]
    others: list[FeaturePrint]


@dataclass(frozen=True, slots=True)
class BandPrint:
    """One line of the live calibration."""

    band: str
    days: str
    known: str
    drawn: str
    predicted: str
    seen: str
    words: str
    off: bool


@dataclass(frozen=True, slots=True)
class CalibrationPrint:
    """The last look at outcomes."""

    at: Moment
    days: int
    left_out: int
    gone: int
    bands: list[BandPrint]
    fewest_days: int
    fewest_people: int
    fewest_answers: int


@dataclass(frozen=True, slots=True)
class RunPrint:
    """One training."""

    id: UUID
    live: bool
    state: str
    stage: str
    percent: int
    asked: Moment
    by: str
    reason: str
    ended: Moment | None
    why: str
    model_id: str
    trained_on: str


@dataclass(frozen=True, slots=True)
class Life:
    """Everything that the page of models shows of a model's life."""

    drift: DriftPrint | None
    calibration: CalibrationPrint | None
    shadowed: list[tuple[str, CalibrationPrint]]  # of models in shadow, by their id
    runs: First[RunPrint]
    busy: bool
    usual: Order


def life(door: Door, visit: Visit, model_id: str, shadows: Iterable[str]) -> Life:
    """Return the life of the model that judges, in the reader's language."""
    runs = trainings.recent(visit.session)
    shadowed = ((each, _calibration(door, visit, each)) for each in shadows)
    return Life(
        drift=_drift(door, visit, model_id),
        calibration=_calibration(door, visit, model_id),
        shadowed=[(each, found) for each, found in shadowed if found and found.bands],
        runs=_runs(door, visit, runs),
        busy=any(run.live for run in runs.shown),
        usual=Order(),
    )


def _drift(door: Door, visit: Visit, model_id: str) -> DriftPrint | None:
    found = drift_of(visit.session, model_id)
    if found is None:
        return None
    said = language(visit.language)
    lines = [_feature(each, said) for each in found.moved]
    return DriftPrint(
        at=moment(found.at, now=visit.now, zone=door.zone, language=visit.language),
        people=found.people,
        days=LATELY.days,
        shares_known=found.shares_known,
        enough=any(each.word is not Drift.NOT_ENOUGH for each in found.moved),
        first=lines[:SHOWN],
        others=lines[SHOWN:],
    )


def _feature(moved: Moved, said: Language) -> FeaturePrint:
    words = {
        Drift.NONE: said.say("has not moved"),
        Drift.SOME: said.say("has moved somewhat"),
        Drift.MARKED: said.say("has moved markedly"),
        Drift.NOT_ENOUGH: said.say("not enough people to tell"),
    }
    return FeaturePrint(
        name=said.say(LABELS.get(moved.feature, moved.feature)),
        words=words[moved.word],
        moved=moved.word in (Drift.SOME, Drift.MARKED),
        index=f"{moved.index:.2f}",
        noise=f"{moved.noise:.2f}",
    )


def _calibration(door: Door, visit: Visit, model_id: str) -> CalibrationPrint | None:
    found = calibration_of(visit.session, model_id)
    if found is None:
        return None
    said = language(visit.language)
    return CalibrationPrint(
        at=moment(found.at, now=visit.now, zone=door.zone, language=visit.language),
        days=LOOKED_BACK.days,
        left_out=found.left_out,
        gone=found.gone,
        bands=[_band(each, said) for each in found.bands],
        fewest_days=FEWEST_DAYS,
        fewest_people=FEWEST_PEOPLE,
        fewest_answers=FEWEST_ANSWERS,
    )


def _band(band: Band, said: Language) -> BandPrint:
    words = {
        Fit.AS_PREDICTED: said.say("as predicted"),
        Fit.MORE: said.say("more than predicted"),
        Fit.FEWER: said.say("fewer than predicted"),
        Fit.CANNOT_TELL: said.say("cannot tell"),
    }
    return BandPrint(
        band=said.say("{low} to {high}", low=f"{band.low:.0%}", high=f"{band.high:.0%}"),
        days=said.say("{count}", count=band.days),
        known=said.say("{count}", count=band.known),
        drawn=said.say("{answered} of {drawn}", answered=band.answered, drawn=band.drawn),
        predicted=f"{band.predicted:.1%}",
        seen=_seen(band, said),
        words=words[band.fit],
        off=band.fit in (Fit.MORE, Fit.FEWER),
    )


def _seen(band: Band, said: Language) -> str:
    if band.seen is None or band.least is None or band.most is None:
        return DASH
    return said.say(
        "{share} ({least} to {most})",
        share=f"{band.seen:.1%}",
        least=f"{band.least:.1%}",
        most=f"{band.most:.1%}",
    )


def _runs(door: Door, visit: Visit, runs: First[Run]) -> First[RunPrint]:
    said = language(visit.language)
    asked = (who for run in runs.shown for who in (run.asked_by, run.ended_by) if who)
    names = _names(visit.session, asked)
    return runs.each(lambda run: _run(door, visit, run, names, said))


def _run(door: Door, visit: Visit, run: Run, names: dict[UUID, str], said: Language) -> RunPrint:
    system = said.say("the operator of this installation")
    gone = said.say("somebody who is not here any more")
    return RunPrint(
        id=run.id,
        live=run.state in LIVE,
        state=_state(run, names.get(run.ended_by, gone) if run.ended_by else system, said),
        stage=_stage(run.stage, said) if run.live else "",
        percent=round(100 * run.share),
        asked=moment(run.asked_at, now=visit.now, zone=door.zone, language=visit.language),
        by=_by(run, names, said),
        reason=said.say(run.reason) if run.asked_by_kind == CLOCK else run.reason,
        ended=maybe(run.ended_at, now=visit.now, zone=door.zone, language=visit.language),
        why=_why(run, said),
        model_id=run.model_id,
        trained_on=said.say(run.trained_on) if run.trained_on else "",
    )


def _by(run: Run, names: dict[UUID, str], said: Language) -> str:
    if run.asked_by_kind == CLOCK:
        return said.say("the timetable")
    if run.asked_by is None:
        return said.say("the operator of this installation")
    return names.get(run.asked_by, said.say("somebody who is not here any more"))


def _state(run: Run, ended_by: str, said: Language) -> str:
    return {
        RunState.DUE: said.say("waits for its process"),
        RunState.RUNNING: said.say("is running"),
        RunState.DONE: said.say("done"),
        RunState.FAILED: said.say("failed"),
        RunState.CANCELLED: said.say("cancelled by {who}", who=ended_by),
    }[run.state]


def _stage(stage: Stage, said: Language) -> str:
    return {
        Stage.WAITING: said.say("waiting to begin"),
        Stage.OWN_DATA: said.say("reading the labelled days of this site"),
        Stage.DESCRIBING: said.say("simulating and describing people"),
        Stage.FITTING: said.say("fitting and calibrating"),
        Stage.KEEPING: said.say("putting the model into the registry"),
    }[stage]


def _why(run: Run, said: Language) -> str:
    if run.why is None:
        return ""
    return {
        Why.LOST: said.say("its process ended without a word"),
        Why.UNTAKEN: said.say("no process took it up within ten minutes"),
        Why.MEMORY: said.say("it needed more memory than a training is given"),
        Why.KNOWN: said.say("the registry has this very model already"),
        Why.UNFIT: said.say("what came out does not load as a model"),
        Why.ERROR: said.say("an error of the kind {kind}; the log says where", kind=run.detail),
    }[run.why]


def _names(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    users = session.scalars(select(AppUser).where(AppUser.id.in_(set(ids))))
    return {
        each.id: unseal(session, AppUser.display_name, each.display_name, id=each.id)
        for each in users
    }
