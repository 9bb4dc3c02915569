"""The section on how it was counted: enough for somebody else to count it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.judging import FIRST_DAY
from lab.reporting.daily import DRAWS as DAY_DRAWS
from lab.reporting.document import Section, Table, Words
from lab.reporting.ways import COMBINED, DOUBTED, LIVE
from lab.scorecard import DRAWS, MERGE_DAYS

if TYPE_CHECKING:
    from lab.reporting.results import Results
    from lab.reporting.writing import Asked


def section(found: Results, asked: Asked) -> Section:
    """Return how it was counted, and what it cannot say."""
    pooled = found.settings[found.pooled]
    run = [
        ("people in each world", str(asked.patients)),
        ("days of each", str(asked.days)),
        ("seed", str(asked.seed)),
        ("worlds", ", ".join(asked.worlds)),
        ("patient-years over the held-out worlds", f"{pooled.days / 365.25:.0f}"),
        ("model", f"{asked.model or 'none'}, trained on {asked.trained_on or 'nothing'}"),
        ("rulebook", asked.rulebook or "not judged"),
        ("command", asked.command),
    ]
    return Section(
        "How it was counted",
        (
            Table("What was run: the same gives the same bytes", ("what", "value"), run),
            *(Words(text) for text in _texts()),
        ),
    )


def _texts() -> tuple[str, ...]:
    return (
        (
            "Split: nobody here was trained on (their seed is another), and of the worlds only"
            " base was. The others were written before rules and model were tuned. The same"
            " people, by number, live in every world, so a bootstrap over several worlds draws a"
            " person with all of their lives."
        ),
        (
            f"An alert is an episode: what is said of one problem, merged until {MERGE_DAYS} days"
            f" are quiet. Days before day {FIRST_DAY:.0f} are not judged. An event is found when"
            " an episode opened within the look-back before its record: 14 days for heart"
            " failure, 2 for rhythm, glucose and pressure, 7 for all others; the table of"
            " look-backs uses one for all. Chance at r episodes a patient-year is 1 - exp(-r W /"
            " 365), averaged over the events' own look-backs W. An alert with no event in the"
            " look-back after it is unexplained."
        ),
        (
            "PPV-event: share of alerts with a recorded event in the look-back after."
            " PPV-actionable: share that opened while any latent deterioration was under way,"
            " from its onset until recovery or care; no clinician has judged that, and real use"
            " may differ."
        ),
        (
            f"Intervals are the middle 95 % of bootstrap samples of patients ({DRAWS};"
            f" {DAY_DRAWS} for day-level figures), with thresholds as they are. They hold what"
            " chance does to the people drawn, not whether the simulator is right."
        ),
        (
            "The service today tells a clinician every AMBER and RED of the rules and of the score"
            f" ({LIVE}). Under a budget ({COMBINED}) RED stands always; a rule's AMBER is told"
            f" when the score of that day is at least {DOUBTED:g} of the level from which the"
            " score alerts by itself: one knob, that of the score. That is a proposal, tried here"
            " first, and not switched on. The numbers at 3 and 1.5 unexplained are read from its"
            " curve, at one factor for all held-out worlds together; every other way is given the"
            " same."
        ),
        (
            "What this cannot say: nothing of mortality, admissions or work; nothing of people"
            " unlike those simulated; nothing of what clinicians would do. The effects, silent"
            " shares and rates are those of publications where there are any and engineering"
            " defaults where there are none. The worst of several worlds is the worst partly by"
            " chance. Reporting guidelines for prediction models (TRIPOD+AI) ask for validation"
            " on real people elsewhere: there is none."
        ),
    )
