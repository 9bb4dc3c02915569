"""Enrolment through the FHIR door: patients, problem lists, clinicians, teams, devices."""
