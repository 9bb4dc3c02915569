"""Why something reads or writes beyond the second wall: nothing does without one of these words.

What has nobody for whom it reads (workers, the scheduler, commands, probes, whoever opens a link
of theirs) has no wall; nor has the door for what devices send, which must know of whom it is.
"""

from __future__ import annotations

from enum import StrEnum


class Beyond(StrEnum):
    """What it is for."""

    HEALTH = "whether alerting works is a matter of everybody"
    REFUSED = "the audit names whose page was refused, and the answer does not"
    EMERGENCY = "whoever is opened in an emergency is not the caller's yet"
    ENROLMENT = "whoever is new is nobody's yet"
    STAFF = "alerts are taken from whoever may see them no more, by who may not see them either"
    BINDING = "who runs the clinic says for whom a device speaks, by an id, and sees nobody"
    NUMBERS = "how far all timelines go is a number, and says nothing of what is in them"
    CASELOAD = "a team's figures count whom it had then; nobody is named to who may not see them"
    MODELS = "the figures of a model count everybody, and name nobody"
    PRIVACY = "the privacy officer answers for everybody's data, by id and by state"
