"""Which rows each kind of `retention.toml` is made of, and from when its time counts."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from alerts.patients.tables import PatientMessage, PatientMessageAttempt
from alerts.receipts.tables import ReceiptSeen
from alerts.tables import AlertFinding, Digest
from app.accounts.tables import LoginSession, SignInFailure, SpentState
from app.bulk.tables import BulkExport, BulkLoad
from app.emergency import replaying
from app.emergency.service import STARTED
from app.follow_up.tables import FollowedDayRow
from app.periods import ScheduledRun
from app.retention.movements import Movements
from app.retention.repository import Rows
from app.retention.streams import Streams
from app.retention.tables import RetentionPass
from app.sending.tables import SentForm
from app.subscriptions.tables import SubscriptionAttempt
from app.tries.tables import RefusedTries
from app.weekly.tables import WeeklyLetter, WeeklyReport
from core.outbox import Outbox, State, stands
from ingest.arrivals.tables import Arrivals
from ingest.movement import Grain
from ingest.repeats.tables import AnsweredRequest
from ingest.summing.tables import SummedKey
from ingest.tables import ClientAssertion
from monitoring.asking.tables import RepeatRequest
from monitoring.contesting.tables import ScoreContest
from monitoring.followed import Source as Followed
from monitoring.models.tables import ShadowScore
from monitoring.tables import AssessmentRow, made_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from app.retention.repository import Source


def _nothing_stands_on_it() -> ColumnElement[bool]:
    """Return whether a judgement has no alert and no question of its own, and a newer one.

    The last judgement that was made here stays, whatever a copy brought after it.
    """
    newer = aliased(AssessmentRow)
    return ~(
        exists().where(AlertFinding.assessment_id == AssessmentRow.id)
        | exists().where(
            FollowedDayRow.assessment_id == AssessmentRow.id,
            FollowedDayRow.source != Followed.NOT_DRAWN,  # nothing is learnt from it
        )
        | exists().where(ShadowScore.assessment_id == AssessmentRow.id)
        | exists().where(ScoreContest.assessment_id == AssessmentRow.id)
    ) & exists(
        select(newer.id).where(
            newer.patient_id == AssessmentRow.patient_id,
            newer.at > AssessmentRow.at,
            made_here(newer) | ~made_here(AssessmentRow),
        )
    )


KINDS: Mapping[str, tuple[Source, ...]] = MappingProxyType(
    {
        "shadow-scores": (Rows(ShadowScore, ShadowScore.at, patient=ShadowScore.patient_id),),
        "judgements": (
            Rows(
                AssessmentRow,
                AssessmentRow.at,
                over=_nothing_stands_on_it(),
                patient=AssessmentRow.patient_id,
            ),
        ),
        "repeat-requests": (
            Rows(RepeatRequest, RepeatRequest.until, patient=RepeatRequest.patient_id),
        ),
        "passing-messages": (
            # What is about an alert stays with it: it is the record of what a patient was told.
            Rows(
                PatientMessage,
                PatientMessage.until,
                over=PatientMessage.alert_id.is_(None),
                patient=PatientMessage.patient_id,
                within=(PatientMessageAttempt.message_id,),
            ),
        ),
        "weekly-reports": (
            Rows(WeeklyReport, WeeklyReport.due_at, within=(WeeklyLetter.report_id,)),
        ),
        "digests": (Rows(Digest, Digest.created_at),),
        "subscription-attempts": (Rows(SubscriptionAttempt, SubscriptionAttempt.at),),
        "work-done": (Rows(Outbox, Outbox.done_at, over=stands(State.DONE)),),
        "repeated-answers": (Rows(AnsweredRequest, AnsweredRequest.answered_at),),
        "bulk-exports": (Rows(BulkExport, BulkExport.expires_at),),
        "bulk-loads": (Rows(BulkLoad, BulkLoad.expires_at),),
        "sessions": (
            Rows(LoginSession, func.coalesce(LoginSession.revoked_at, LoginSession.expires_at)),
        ),
        "sign-in-failures": (Rows(SignInFailure, SignInFailure.at),),
        "refused-tries": (
            Rows(RefusedTries, RefusedTries.period, over=RefusedTries.what == STARTED),
        ),
        "spent-links": (
            Rows(SpentState, SpentState.at),
            Rows(ClientAssertion, ClientAssertion.expires_at),
            Rows(ReceiptSeen, ReceiptSeen.received_at),
        ),
        "sent-forms": (Rows(SentForm, SentForm.at),),
        # A line may come back from a copy of the disk at any time.
        "runs": (Rows(ScheduledRun, ScheduledRun.ran_at, over=ScheduledRun.job != replaying.JOB),),
        "movements": (Movements(Grain.HOUR, beyond="movement-hours"),),
        "movement-hours": (Movements(Grain.DAY, beyond="movement-days"),),
        "movement-days": (
            Movements(Grain.LAST),
            Rows(SummedKey, SummedKey.day, patient=SummedKey.patient_id),
        ),
        "minute-streams": (Streams(),),
        "arrivals": (Rows(Arrivals, Arrivals.until),),
        "retention-passes": (Rows(RetentionPass, RetentionPass.ended_at),),
    }
)
