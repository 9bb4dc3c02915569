"""What the words of the weekly report mean, printed at its end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """One word and its meaning."""

    word: str
    meaning: str


DEFINITIONS = (
    Definition("Week", "Monday 00:00 to the next Monday 00:00 in the site's zone."),
    Definition(
        "Got worse, got better",
        "The gravest tier of the person's open alerts in this week beside the week before; listed"
        " where the graver of the two is RED or AMBER. Data-quality alerts do not count.",
    ),
    Definition("Silent", "No reading in the last 48 hours of the week, or until now."),
    Definition("Still open", "Not resolved, withdrawn or closed when the week ended, or now."),
    Definition("Opened", "Episodes that began in the week: one per patient and problem."),
    Definition(
        "Within target",
        "Acknowledged within 15 minutes (RED), 4 hours (AMBER) or 3 days (YELLOW), of those that"
        " were acknowledged or whose time is up.",
    ),
    Definition(
        "PPV-actionable",
        "Of the week's alerts with an outcome, those that were true and led to an action."
        " Duplicates and unsure ones are left out.",
    ),
    Definition(
        "PPV", "The same, counting also those that were true and needed nothing to be done."
    ),
    Definition("Per patient-week", "Alerts opened, by the patients and days of the week so far."),
    Definition("Few", "The number rests on fewer than five; one more would change it a lot."),
)
