"""Where the resources of each kind are kept, or made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.tables import Delivery
from app.fhir_api.alerting import Issues, Tasks
from app.fhir_api.appointed import Appointments
from app.fhir_api.asked import Askings
from app.fhir_api.audited import Trail
from app.fhir_api.beside import Beside
from app.fhir_api.flagged import Flags
from app.fhir_api.goals import Goals
from app.fhir_api.notified import Notifications
from app.fhir_api.provenance import Origins
from app.fhir_api.published import Published
from app.fhir_api.scored import Scores
from app.fhir_api.stored import Stored
from app.fhir_api.to_patients import ToPatients
from fhir.search_kinds import PUBLISHED, STORED_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.fhir_api.scope import Shelf

SHELVES: Mapping[str, Shelf] = {
    **dict.fromkeys(STORED_KINDS, Stored()),
    "RiskAssessment": Scores(),
    "DetectedIssue": Issues(),
    "Flag": Flags(),
    "Goal": Goals(),
    "Task": Tasks(),
    "Communication": Beside(Notifications(), Delivery, ToPatients()),
    "CommunicationRequest": Askings(),
    "Appointment": Appointments(),
    "Provenance": Origins(),
    "AuditEvent": Trail(),
    **dict.fromkeys(PUBLISHED, Published()),
}
