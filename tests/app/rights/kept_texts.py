"""Every column that holds words: those that somebody else may choose, and why the others are ours.

A column of a new table stands in neither list, and `test_hostile_texts.py` fails until it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, JSON, LargeBinary, String, Uuid

from app.schema import METADATA
from core.sealed_fields import sealed_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where words of others stand as they came, beside all that is sealed.
_WORDS = """
    alert.outcome_note alert.snooze_reason alert_finding.sentence alert_finding.patient_sentence
    alert_finding.counterfactual alert_finding.source app_user.username app_user.issuer
    app_user.subject audit_event.address audit_event.entity broken_promise.what care_team.name
    client.name client.jwks_url client_assertion.jti clock_doubt.device device.model
    device_clock.device delivery_attempt.code learned_model.reason model_event.reason outbox.note
    outbox.last_error_code outbox.trace practitioner_role.organization reading.device
    reading.value_received reading.unit_received right_change.before right_change.after site.name
    subscription.content subscription.error training_run.reason training_run.detail
    training_run.trained_on weekly_report.reason weekly_report.detail bulk_export.request
"""
WORDS = frozenset(_WORDS.split())
# What is sealed and no words: something reads it, and refuses what it cannot read.
READ_AS = {
    "answered_request.answer": "the answer to a form as it was given, bytes and all",
    "app_user.second_factor": "a key of a code generator",
    "appointment.room": "drawn by the program",
    "contact_point.secrets": "keys that sign",
    "discharge.died_on": "a day",
    "enrolment_preview.body": "a file of people; tried through its form",
    "parcel.sealed": "resources as they came; tried through the door of FHIR",
    "parked.body": "a resource as it came; shown to nobody until it is somebody's",
    "patient.birth_date": "a day",
    "patient_identifier.sealed": "a system and a number; tried through the door of FHIR",
    "practitioner_identifier.sealed": "a system and a number; tried through the door of FHIR",
    "person_key.sealed": "a key",
    "subscription.sealed": "a resource with its address; hostile in `hostile.poison`",
}
OURS = {
    "a word out of a closed set, or an id of a rule, written by the program": """
    alert.held alert.highest alert.outcome alert.outcome_detail alert.paged alert.problem
    alert.route alert.severity alert.state alert_event.actor_kind alert_event.kind
    alert_event.reason alert_finding.confidence alert_finding.rule_id alert_finding.severity
    alert_finding.vital app_user.role appointment.status asked_measurement.days
    asked_measurement.times asked_measurement.vital assessment.severity audit_event.action
    audit_event.caller_kind audit_event.outcome audit_event.purpose audit_head.kind
    baseline_freeze.problem broken_promise.invariant broken_subject.invariant bulk_export.after
    bulk_export.filters bulk_export.kinds bulk_export.scopes bulk_export.state bulk_load.state
    bulk_part.kind care_team_participant.role checklist_answer.about checklist_answer.answer
    checklist_answer.item client.mode client.scopes client.tolerances condition.clinical_status
    condition.verification_status contact_point.channel contact_point.end_reason contact_point.owner
    contact_point.tiers correction.kind correction.what daily_question.at declared_pause.kind
    delivery.channel delivery.recipient delivery.severity delivery.state delivery_attempt.outcome
    digest.not_mailed discharge.why emergency_access.reason erasure.ground erasure.state
    followed_day.model_id followed_day.outcome followed_day.source heartbeat.outcome
    heartbeat.period incident.kind learned_model.added_by_kind learned_model.state medicine.classes
    model_check.what model_event.by_kind model_event.change on_call_shift.days outbox.state
    outbox.topic patient.language patient.sex patient.zone patient_absence.why patient_message.asks
    patient_message.channel patient_message.key patient_message.kind patient_message.language
    patient_message.reason patient_message.recipient patient_message.says patient_message.state
    patient_message.zone patient_message_attempt.code patient_number.channel person_choice.purpose
    plan_version.change plan_version.subject post_times.away post_times.hours post_times.since
    post_times.until post_times.zone programme_setting.set_by_kind provider_record.provider
    reading.comparator reading.precision reading.quality reading.site reading.vital
    refused_tries.what refused_tries.who repeat_request.reading_id repeat_request.rule_id
    repeat_request.tip repeat_request.vital resource.status resource.type retention_pass.kind
    retention_pass.period right_change.by_kind right_change.what rolled_up.zone score_contest.by
    score_contest.ground
    score_contest.ruling scheduled_run.job
    scheduled_run.period shadow_score.judging_tier shadow_score.tier step.channel step.kind
    step.reason step.recipient step.state step.to_kind subscription.payload subscription.status
    subscription.topic subscription_attempt.code subscription_notice.kind team_stay.role
    time_spent.work training_run.asked_by_kind training_run.stage training_run.state
    training_run.why watch_round.period weekly_letter.state weekly_report.asked_by_kind
    weekly_report.state weekly_report.why weekly_report.zone worker_group.name outbox.lease_owner
    """,
    "a digest, a key, a signature or a number that the program drew": """
    alert.policy_hash answered_request.digest app_user.invitation_digest app_user.password_hash
    assessment.key assessment.model_id assessment.rulebook_hash audit_block.hash audit_block.leaves
    audit_block.previous audit_block.rows_hash audit_head.hash audit_head.key audit_head.signature
    delivery.public_id erasure.digests learned_model.id login_session.secret_digest
    model_check.model_id model_event.model_id model_event.other_id parked.digest parked.patient_key
    patient_identifier.key patient_identifier.value_key patient_message.link_digest
    patient_message.page_digest patient_number.key practitioner_identifier.key
    practitioner_identifier.value_key receipt_seen.id retention_pass.terms
    score_contest.model_id scored_days.model_id
    sent_form.digest set_up_link.digest shadow_score.judging_id shadow_score.model_id
    shadowed_day.model_id sign_in_failure.account_digest sign_in_failure.source_digest
    spent_state.digest training_run.model_id weekly_report.digest weekly_report.patients client.jwks
    """,
    "built by the program out of numbers and closed words, in a shape that is read back": """
    alert.policy alert_event.after alert_event.before alert_event.kept alert_finding.evidence
    alert_finding.missing alert_finding.says alert_finding.usual assessment.expected
    assessment.findings assessment.notes assessment.risk assessment.shadow assessment.usual
    learned_model.artefact learned_model.card model_check.found plan_version.content
    weekly_report.report
    """,
    "codes of a record system; tried through the door of FHIR": "condition.codes",
    "bytes of an answer in FHIR, which no page shows": """
    bulk_outcome.body bulk_part.body
    """,
}
TEXTS = (String, JSON, ARRAY, LargeBinary)


def texts() -> Iterator[str]:
    """Yield every column that may hold words."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, TEXTS) and not isinstance(column.type, Uuid):
                yield f"{table.name}.{column.name}"


def sealed() -> set[str]:
    return {str(each.column) for each in sealed_columns(METADATA)}


def ours() -> dict[str, str]:
    """Return why nobody else chooses what stands in a column."""
    return READ_AS | {name: why for why, names in OURS.items() for name in names.split()}
