"""What a person is told while nobody of their team reads (alerting.md section 8, principle 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vitals import Severity
from monitoring.phrases import Instant, Phrase
from monitoring.words import NO_NUMBER

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.hours import Place

PROMISED = (Severity.RED, Severity.AMBER)  # whose usual words say that somebody will be in touch


def unread(
    place: Place, severity: Severity, *, now: datetime, zone: str, emergency: str
) -> Phrase | None:
    """Return what a person in `zone` is told instead of when their team will be in touch.

    None where somebody reads, and for tiers whose words promise nothing that hours could break.
    """
    if severity not in PROMISED or place.reads(now):
        return None
    number = Phrase(emergency or NO_NUMBER)
    again = place.reads_again(now)
    if again is None:
        return Phrase(
            "Nobody of your care team reads messages now. Please rest and measure again, as you"
            " were shown. If you feel unwell, are short of breath at rest, feel confused or have"
            " chest pain, do not wait: call {emergency} now. This message is not a diagnosis.",
            {"emergency": number},
        )
    return Phrase(
        "Nobody of your care team reads messages now. They read them again from {when}. Please"
        " rest and measure again, as you were shown. If you feel unwell, are short of breath at"
        " rest, feel confused or have chest pain, do not wait for them: call {emergency} now."
        " This message is not a diagnosis.",
        {"when": Instant(again.timestamp(), zone), "emergency": number},
    )
