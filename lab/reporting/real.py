"""What the TIHM data can support: the quality of alerts, and forecasting beside persistence.

Its labels are alerts that a clinician confirmed, made by rules; a forecast of them is one of
alerts, not of illness (the data's README, traps 2 to 6).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from lab import tihm
from lab.intake import readings_of
from lab.judging import SCORE
from lab.reference import LONDON, observations
from lab.reporting.daily import Days, forecast
from lab.reporting.document import Section, Table, Words
from lab.reporting.ways import PERSISTENCE
from lab.reporting.wording import number
from monitoring.features import FEATURES, describe
from monitoring.risk import probabilities
from monitoring.rulebook import Rulebook
from monitoring.windows import cut, history

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from lab.judging import Judges
    from lab.reference import Participant
    from monitoring.risk import Model

    Floats = NDArray[np.float64]

TITLE = "Real data: what TIHM can and cannot support"
AHEAD, QUIET = 7, 14  # days: how far is forecast, and how long no label makes an onset new
CAVEATS = (
    (
        f"{tihm.CAVEAT} With acknowledgement to Surrey and Borders Partnership NHS Foundation"
        " Trust and Howz."
    ),
    (
        "Labels are alerts that fired by rules and were confirmed: a day without one is not a"
        " day well. Body-water, temperature and weight labels cannot be scored. There is no"
        " diagnosis but dementia, no SpO2, glucose, steps or breathing in the vitals, and three"
        " months of 27 people of whom few carry many labels. Sensitivity to illness, lead time,"
        " calibration and subgroups cannot be told from it."
    ),
)
FORECASTS = (
    "Whether a label follows within 7 days, from the end of each day with vitals. Who was"
    " labelled is labelled again, so persistence is what a score must beat; new onsets, in people"
    f" without a label for {QUIET} days, are near chance from these vitals. A high AUROC here"
    " would mean leakage. The score was trained on simulated illness, not on labels."
)


def tihm_section(folder: Path, judges: Judges) -> Section:
    """Return the section, or one that says that the data are not there."""
    if not folder.is_dir():
        return Section(TITLE, (Words("The TIHM data were not there when this was run."),))
    everybody = tihm.read(folder)
    blocks: list[Words | Table] = [Words(text) for text in CAVEATS]
    if isinstance(judges.rules, Rulebook):
        found = tihm.compare(everybody, judges.rules, judges.model)
        caption = f"Alert quality: {found.days} patient-days, {found.labelled} of them labelled"
        blocks.append(Table(caption, tihm.HEADINGS, tihm.rows(found)))
    if judges.model is not None:
        blocks += [Words(FORECASTS), _forecasts(everybody, judges.model)]
    return Section(TITLE, tuple(blocks))


def _forecasts(everybody: list[Participant], model: Model) -> Table:
    each = [_days(who) for who in everybody]
    follows, since = (np.concatenate([own[n] for own in each]) for n in (0, 1))
    described = np.concatenate([own[2] for own in each])
    patient = np.repeat(np.arange(len(each)), [len(own[0]) for own in each])
    columns = {SCORE: probabilities(model, described), PERSISTENCE: 1 / (1 + since)}
    rows = []
    for which, kept in (("every day", since >= 0), ("new onset", since >= QUIET)):
        days = Days(kept, follows[kept], patient[kept], len(each))
        for name, values in columns.items():
            own = forecast(days, values, tihm.SEED, probability=False).figures
            cells = (number(own["auroc"], 2), number(own["auprc"], 2), number(own["prevalence"], 2))
            rows.append((f"{name}, {which}", *cells, f"{own['days'].value:.0f}"))
    headings = ("forecast", "AUROC", "AUPRC", "days that a label follows", "days")
    return Table("Forecasting confirmed alerts, bootstrap by patient", headings, rows)


def _days(who: Participant) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Return for each day with vitals: does a label follow, days since the last, described."""
    past = history(tihm.person_of(who), readings_of(observations(who), zone=LONDON.key))
    dates = sorted({row.taken.date() for row in who.measured})
    ends = [
        datetime.combine(day + timedelta(days=1), time(0), tzinfo=LONDON).timestamp() - 1
        for day in dates
    ]
    labels = np.array(sorted(day.toordinal() for day in who.labelled), dtype=np.float64)
    own = np.array([day.toordinal() for day in dates], dtype=np.float64)
    apart = labels[None, :] - own[:, None]
    follows = np.any((apart > 0) & (apart <= AHEAD), axis=1)
    since = np.where(apart <= 0, -apart, np.inf).min(axis=1, initial=np.inf)
    rows = [describe(cut(past, end, arrived=end), end) for end in ends]
    return follows, since, np.array(rows, dtype=np.float64).reshape(-1, len(FEATURES))
