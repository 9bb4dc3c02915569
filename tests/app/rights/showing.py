"""Which page shows whom: every GET route of the application is in one of these tables."""

from __future__ import annotations

from core.security import Role

# Pages that name people: whom they name or link, and nobody else, is written down.
SHOW = {
    "/administration/integrations/{client_id}": "",
    "/privacy/audit": "who={user_id}",
    "/privacy/audit.csv": "who={user_id}",
    "/privacy/contests": "",
    "/privacy/erasures": "",
    "/break-glass/reviews": "",
    "/contests": "",
    "/digest": "",
    "/follow-up": "",
    "/inbox": "",
    "/inbox/rows/{alert_id}": "",
    "/inbox/rows/{alert_id}/acts": "",
    "/patients": "",
    "/patients/{patient_id}": "",
    "/patients/{patient_id}/accesses": "",
    "/patients/{patient_id}/discharge": "",
    "/patients/{patient_id}/facts": "",
    "/patients/{patient_id}/pause": "",
    "/patients/{patient_id}/plan": "",
    "/patients/{patient_id}/rights": "",
    "/patients/{patient_id}/scores/{assessment_id}": "",
    "/patients/{patient_id}/trends": "days=30",
    "/programme/{team_id}": "",
    "/programme/{team_id}/clocks.csv": "",
    "/programme/{team_id}/patients/{patient_id}": "",
    "/quality/alerts": "by=tier&key=RED",
    "/records": "",
    "/records/{patient_id}": "",
    "/reports/{team_id}": "",
    "/reports/{team_id}.csv": "",
    "/reports/{team_id}.pdf": "",
    "/reports/{team_id}/alerts": "of=open",
    "/reports/{team_id}/people": "of=late",
}
ONLY: dict[str, tuple[Role, ...]] = {
    "/administration/integrations/{client_id}": (Role.ADMINISTRATOR,),
    "/privacy/audit": (Role.PRIVACY_OFFICER,),
    "/privacy/audit.csv": (Role.PRIVACY_OFFICER,),
    "/privacy/contests": (Role.PRIVACY_OFFICER,),
    "/privacy/erasures": (Role.PRIVACY_OFFICER,),
    "/break-glass/reviews": (Role.SUPERVISOR, Role.PRIVACY_OFFICER),
    "/follow-up": (Role.NURSE, Role.PHYSICIAN),
    "/records": (Role.SUPERVISOR,),
    "/records/{patient_id}": (Role.SUPERVISOR,),
}
# Pages that count people without naming them: everybody who is counted is written down.
COUNT = {"/quality": "", "/quality.csv": "", "/reports/{team_id}.json": ""}
# Where everybody stands whom they count; a report is of one team.
NAMED = {"/reports/{team_id}.json": "/reports/{team_id}.csv"}
# Pages that show nobody, and why they need no row of a patient.
NOBODY = {
    "/": "leads to the inbox",
    "/administration": "what its pages are",
    "/administration/integrations": "for the administrator alone",
    "/administration/rota": "for the administrator alone",
    "/administration/rota/{team_id}": "for the administrator alone",
    "/administration/teams": "for the administrator alone",
    "/administration/teams/{team_id}": "for the administrator alone",
    "/administration/users": "for the administrator alone",
    "/administration/users/{user_id}": "for the administrator alone",
    "/set-up/{secret}": "by a link that is good once",
    "/welcome/{secret}": "by a link that is good once",
    "/privacy": "what its pages are",
    "/privacy/choices": "a form; whose choice it was is written down when it is sent",
    "/privacy/copies": "a form; whose copy is made is written down when it is sent",
    "/privacy/retention": "how long each kind of data is kept",
    "/break-glass": "a form; whom it opens is written down when it is sent",
    "/dead-letters": "kinds and numbers of work that was given up",
    "/design": "what pages are made of, with invented content",
    "/enrol": "a form; whom it enrols is written down when it is sent",
    "/enrol/file": "a form; whom a file enrols is written down when it is confirmed",
    "/enrol/file/{preview_id}": "absent here, where nobody uploaded a file; whom one names who is"
    " enrolled already is written down, as tests/ingest/uploading holds",
    "/inbox/keys": "the reader's own keys",
    "/inbox/live": "ids of alerts that changed; what stands in a row is asked for, and audited, "
    "by /inbox/rows/{alert_id}",
    "/inbox/strip": "counts of everybody, asked for every few seconds; it names nobody",
    "/models": "learned models; counts of everybody where those in shadow agree; it names nobody",
    "/n/{public_id}": "leads to the patient's page, which writes the row",
    "/quality/trial": "absent here, where nothing is proposed; its figures are those of /quality",
    "/reached": "the reader's own addresses",
    "/reports": "the reader's teams",
    "/reports/{team_id}/acts": "empty here, where nobody was reached; its rows are held by"
    " tests/app/test_report_page.py",
    "/rota": "the reader's teams",
    "/rota/{team_id}": "colleagues on call",
    "/rules": "rules",
    "/session": "how long the reader's session lasts",
}
PATIENTS_OWN = "/m"  # by the link that they were sent
WITHOUT_SESSION = ("/sign-in", "/m/", "/fhir", "/cds-services", "/.well-known", "/static")
OF_THE_PROGRAM = ("/api", "/healthz", "/metrics", "/openapi.json", "/readyz", PATIENTS_OWN)
