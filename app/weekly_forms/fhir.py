"""A team's week as FHIR: a Bundle of MeasureReports with their Measures, and where it is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.weekly_forms.measures import measured
from fhir.measure_report import Account, Printed, bundle, document_reference

if TYPE_CHECKING:
    from datetime import datetime

    from core.settings import Settings
    from reports.service import TeamWeek


def fhir(found: TeamWeek, settings: Settings, *, now: datetime, language: str) -> str:
    """Return the Bundle as JSON: counts of the team, and nothing of anybody (FHIR-25)."""
    base, team = settings.base_url.rstrip("/"), found.team.id
    week, made = str(found.week), found.issue.made_at if found.issue else now
    query = f"week={week}" + (f"&version={found.issue.version}" if found.issue else "")
    account = Account(
        subject=f"Group/{team}",
        start=found.week.start,
        end=min(found.week.end, made),
        made=made,
        key=f"{base}/reports/{team}?{query}",
    )
    printed = Printed(
        title=f"Weekly report, week {week}",
        language=language,
        addresses=(
            ("text/html", f"{base}/reports/{team}?{query}"),
            ("application/pdf", f"{base}/reports/{team}.pdf?{query}"),
            ("text/csv", f"{base}/reports/{team}.csv?{query}"),
        ),
    )
    whole = bundle(measured(found.report), account, [document_reference(printed, account)])
    return json.dumps(whole, ensure_ascii=False)
