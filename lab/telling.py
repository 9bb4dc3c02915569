"""Turns a demo person's simulated and told readings into what the devices send, in time."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from core.vitals import MEASURES, Vital
from lab.enrolment import device_key, patient_key, reading_key
from lab.resources import ACTIVITY, PRESSURE, Sent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lab.devices import Stream
    from lab.enrolment import Demo
    from lab.stories import Told

PROMPT = timedelta(seconds=20)  # from device to gateway


def readings_of(demo: Demo, now: datetime) -> Iterator[Sent]:
    """Yield what was received by `now`, simulated first, then what the story tells."""
    quiet_from = now - timedelta(hours=demo.story.quiet_hours)
    for sent in (*_simulated(demo, now), *_told(demo, now)):
        if sent.effective <= quiet_from and sent.issued <= now:
            yield sent


def _simulated(demo: Demo, now: datetime) -> Iterator[Sent]:
    own_story_from = now - timedelta(hours=demo.story.replaces)
    for vital, stream in demo.life.streams.items():
        if vital is Vital.DIASTOLIC_BP:
            continue  # goes with the systolic
        for index in range(len(stream.values)):
            sent = _one(demo, vital, stream, index)
            if vital not in demo.story.vitals or sent.effective < own_story_from:
                yield sent


def _one(demo: Demo, vital: Vital, stream: Stream, index: int) -> Sent:
    values = {vital: float(stream.values[index])}
    if vital is Vital.SYSTOLIC_BP:
        values[Vital.DIASTOLIC_BP] = float(demo.life.streams[Vital.DIASTOLIC_BP].values[index])
    effective = local_instant(demo, float(stream.taken[index]))
    delay = timedelta(days=float(stream.received[index] - stream.taken[index]))
    return sent(demo, values, effective, effective + delay)


def _told(demo: Demo, now: datetime) -> Iterator[Sent]:
    for told in demo.story.told:
        for said in _by_device(told):
            moment = now - timedelta(hours=told.hours_ago)
            base = {v: usual(demo, v) if told.relative else 0.0 for v in said}
            values = {v: base[v] + value for v, value in said.items()}
            if any(v in ACTIVITY for v in values):
                moment = _end_of_day(demo, moment)
            yield sent(demo, values, moment, moment + PROMPT)


def _by_device(told: Told) -> Iterator[Mapping[Vital, float]]:
    """Split what was told into Observations: a pressure is one, any other vital is one."""
    pressure = {v: told.values[v] for v in PRESSURE if v in told.values}
    if pressure:
        yield pressure
    for vital, value in told.values.items():
        if vital not in PRESSURE:
            yield {vital: value}


def usual(demo: Demo, vital: Vital) -> float:
    """Return the median of what the person's own device has reported."""
    return float(np.median(demo.life.streams[vital].values))


def sent(demo: Demo, values: Mapping[Vital, float], effective: datetime, issued: datetime) -> Sent:
    """Return one Observation of a demo person; daily totals span their local day."""
    vital = next(iter(values))
    effective = effective.replace(microsecond=0)
    return Sent(
        key=reading_key(demo, vital, effective),
        subject=patient_key(demo),
        device=device_key(demo, vital),
        values={v: _clipped(v, value) for v, value in values.items()},
        effective=effective,
        issued=max(issued, effective),
        started=_started(vital, effective, values),
    )


def _clipped(vital: Vital, value: float) -> float:
    return min(value, 100.0) if MEASURES[vital].unit == "%" else value


def _started(vital: Vital, effective: datetime, values: Mapping[Vital, float]) -> datetime | None:
    if vital is Vital.SLEEP:
        return effective - timedelta(hours=values[vital])
    if vital in ACTIVITY:
        return effective.replace(hour=0, minute=0, second=0)
    return None


def local_instant(demo: Demo, day: float) -> datetime:
    """Return the moment of a fractional local day since the person's first day."""
    whole = int(day)
    seconds = min((day - whole) * 86_400, 86_399)
    moment = datetime.combine(
        demo.first_day + timedelta(days=whole), time(0), tzinfo=ZoneInfo(demo.zone)
    )
    return moment + timedelta(seconds=seconds)


def _end_of_day(demo: Demo, moment: datetime) -> datetime:
    local = moment.astimezone(ZoneInfo(demo.zone))
    return local.replace(hour=23, minute=59, second=0, microsecond=0)
