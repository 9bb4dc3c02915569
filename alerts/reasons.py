"""Why somebody was told, or was not: every decision carries one of these names (AL-06)."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The stored name of a decision; `words` says it to a person."""

    # told
    FIRST = "first-notification"
    ROSE = "severity-rose"
    ARRIVED_LATE = "taken-earlier-arrived-late"
    NOT_ACKNOWLEDGED = "not-acknowledged"
    REPEAT = "repeat-due"
    ACK_ENDING = "acknowledgement-ending"
    ACK_EXPIRED = "acknowledged-but-not-concluded"
    DELIVERY_FAILED = "delivery-failed"
    TOLD_BEFORE = "those-told-are-told-again"
    ARRIVALS_BACK = "readings-come-again"
    HOLD_ENDED = "admission-or-pause-ended"
    SNOOZE_ENDED = "snooze-ended"
    SNOOZE_CANCELLED = "snooze-cancelled"
    DELEGATED = "delegated"
    NOT_ANSWERED = "delegation-not-answered"
    ESCALATED = "escalated-by-a-person"
    GATHERING = "waits-for-what-else-arrives"
    JOINED = "sent-as-one-message"
    # not told
    SAME_FINDING = "same-finding"
    INHIBITED = "inhibited-by-graver"
    LATE = "late-reading"
    BACK_IN_RANGE = "back-in-range"
    CONTEXT = "context-only"
    ADMITTED = "patient-is-admitted"
    ARRIVALS_FELL = "nobody-is-heard-at-all"
    PAUSED = "monitoring-is-paused"
    DISCHARGED = "monitoring-has-ended"
    STALE_STEP = "stale-step"
    NO_MAIL = "no-mail-server"
    NO_GATEWAY = "no-gateway"
    SAME_WAY = "told-by-this-way-just-now"
    # sent elsewhere (REL-40)
    NO_TEAM = "no-care-team"
    NO_RESPONSIBLE = "no-responsible-physician"
    DISABLED = "recipient-disabled"
    NO_CHANNEL = "recipient-has-no-channel"
    NO_BACKUP = "nobody-to-back-up"
    NO_ADDRESS = "fallback-has-no-address"
    CHOSEN_WAY = "recipient-chose-this-way"
    NEXT_WAY = "next-way-to-the-recipient"
    ADDRESS_ENDED = "address-takes-no-messages"
    ON_LEAVE = "recipient-on-leave"
    OFF_DUTY = "recipient-outside-working-hours"
    SUBSTITUTED = "sent-to-the-substitute"
    ON_CALL_INSTEAD = "sent-to-who-is-on-call"
    NOBODY_ON_CALL = "nobody-on-call"
    NO_ROTA = "team-keeps-no-rota"
    NO_ROUTE = "no-route-for-this-hour"
    # which chain
    ROUTE = "route-taken"
    EMERGENCY_ROUTE = "nobody-reads-at-this-hour"
    # AL-17
    BUDGET_TEAM = "daily-budget-reached-team-told"
    BUDGET_DIGEST = "daily-budget-reached-in-digest"
    IN_DIGEST = "told-in-the-digest"
    # changes of state
    ACKNOWLEDGED = "acknowledged"
    CLAIMED = "being-looked-at"
    CLAIM_LAPSED = "claim-lapsed"
    ACCESS_ENDED = "access-in-an-emergency-ended"
    ACCEPTED = "delegation-accepted"
    SNOOZED = "put-off-with-a-reason"
    CONTACTED = "person-contacted"
    NOT_REACHED = "person-not-reached"
    NOTED = "note-written"
    CHECKED = "checklist-answered"
    VISIT_BOOKED = "video-visit-booked"
    VISIT_HELD = "video-visit-held"
    VISIT_MISSED = "video-visit-missed"
    VISIT_CANCELLED = "video-visit-cancelled"
    REPAIRED = "found-without-a-next-step"
    UNDONE = "taken-back-by-who-did-it"
    RESOLVED = "outcome-recorded"
    CLEARED = "back-in-range-for-the-clearing-time"
    WITHDRAWN = "cause-withdrawn"
    LOWERED = "gravest-cause-withdrawn"
    STEPPED_DOWN = "normal-repeat-before-anyone-acted"
    WATCHED = "synthetic-reading-came-through"
    RESTRICTED = "critical-though-use-is-restricted"
    # told back from another system's chart
    CARD_ACCEPTED = "card-accepted"
    CARD_OVERRIDDEN = "card-overridden"

    @property
    def words(self) -> str:
        """Return the reason as a page says it."""
        return WORDS[self]


WORDS: dict[Reason, str] = {
    Reason.FIRST: "first notification",
    Reason.ROSE: "the severity rose",
    Reason.ARRIVED_LATE: "the reading was taken earlier and arrived late",
    Reason.NOT_ACKNOWLEDGED: "nobody acknowledged it in time",
    Reason.REPEAT: "still nobody owns it",
    Reason.ACK_ENDING: "the acknowledgement is about to end",
    Reason.ACK_EXPIRED: "acknowledged but not concluded",
    Reason.DELIVERY_FAILED: "the message could not be delivered",
    Reason.TOLD_BEFORE: "told before, so told of the change",
    Reason.ARRIVALS_BACK: "readings arrive again, and this person is still silent",
    Reason.HOLD_ENDED: "the admission or the pause has ended, and the alert stands",
    Reason.SNOOZE_ENDED: "the snooze has ended",
    Reason.SNOOZE_CANCELLED: "the snooze was cancelled",
    Reason.DELEGATED: "asked by a colleague to take it",
    Reason.NOT_ANSWERED: "whom it was delegated to did not answer in time",
    Reason.ESCALATED: "a person asked for the next step now",
    Reason.GATHERING: "the message waits a little for what else arrives about the person",
    Reason.JOINED: "told by the message about another alert of the person",
    Reason.SAME_FINDING: "not notified: same or lesser finding, added as evidence",
    Reason.INHIBITED: "not notified: a graver finding of the same problem speaks for it",
    Reason.LATE: "shown, nobody paged: the reading was taken more than 24 hours ago",
    Reason.BACK_IN_RANGE: "shown, nobody paged: a newer reading is back in range",
    Reason.ADMITTED: "shown, nobody paged: the person is in hospital",
    Reason.ARRIVALS_FELL: "shown, nobody paged: hardly anybody's readings arrive at all",
    Reason.PAUSED: "shown, nobody paged: monitoring is paused",
    Reason.DISCHARGED: "shown, nobody paged: monitoring of the person has ended",
    Reason.CONTEXT: "not notified: context for other findings",
    Reason.NO_MAIL: "not sent: no mail server is configured",
    Reason.NO_GATEWAY: "not sent: no gateway is configured for this channel",
    Reason.SAME_WAY: "not sent again: the same step has told them by this channel",
    Reason.STALE_STEP: "not notified: the alert moved on before the step was due",
    Reason.NO_TEAM: "sent to the fallback team: the patient has no care team",
    Reason.NO_RESPONSIBLE: "sent to the fallback team: no responsible physician is known",
    Reason.DISABLED: "sent to the fallback team: who was meant is not active",
    Reason.ON_LEAVE: "sent to the fallback team: who was meant is on leave",
    Reason.OFF_DUTY: "sent to the fallback team: who was meant is outside working hours",
    Reason.SUBSTITUTED: "sent to the substitute of who was meant",
    Reason.ON_CALL_INSTEAD: (
        "sent to the on-call clinician: the responsible physician is not at work"
    ),
    Reason.NOBODY_ON_CALL: "sent to the fallback team: nobody is on call",
    Reason.NO_ROTA: "sent to the responsible physician: the team keeps no on-call rota",
    Reason.NO_ROUTE: "sent to the fallback team: the policy has no route for this hour",
    Reason.ROUTE: "route taken",
    Reason.EMERGENCY_ROUTE: "nobody of the team reads at this hour: the patient's text says so"
    " and names the emergency number",
    Reason.BUDGET_TEAM: "shown to the team: this person was told of enough alerts today",
    Reason.IN_DIGEST: "in the daily digest",
    Reason.BUDGET_DIGEST: "put into the digest: this person was told of enough alerts today",
    Reason.NO_CHANNEL: "sent to the fallback team: the recipient has no address on this channel",
    Reason.NO_BACKUP: "sent to the fallback team: nobody else of the care team can back up",
    Reason.NO_ADDRESS: "shown in the inbox: the fallback team has no address",
    Reason.CHOSEN_WAY: "told by the channel that the recipient chose for this severity",
    Reason.NEXT_WAY: "told by the next channel that the recipient has",
    Reason.ADDRESS_ENDED: "the provider says that this address takes no messages",
    Reason.ACKNOWLEDGED: "acknowledged",
    Reason.CLAIMED: "being looked at",
    Reason.CLAIM_LAPSED: "the claim ended with nothing done",
    Reason.ACCESS_ENDED: "access in an emergency is over: who had it may not see the person now",
    Reason.ACCEPTED: "delegation accepted",
    Reason.SNOOZED: "put off",
    Reason.CONTACTED: "the person was reached",
    Reason.NOT_REACHED: "the person was not reached",
    Reason.NOTED: "a note",
    Reason.CHECKED: "the checklist",
    Reason.VISIT_BOOKED: "video visit booked",
    Reason.VISIT_HELD: "video visit held",
    Reason.VISIT_MISSED: "video visit missed",
    Reason.VISIT_CANCELLED: "video visit cancelled",
    Reason.REPAIRED: "nothing was due for it: the auditor began its chain again",
    Reason.UNDONE: "taken back within seconds by who did it",
    Reason.RESOLVED: "outcome recorded",
    Reason.CLEARED: "back in range for the clearing time",
    Reason.WITHDRAWN: "the readings it rested on were withdrawn or corrected",
    Reason.LOWERED: "the cause of the graver tier was withdrawn or corrected",
    Reason.STEPPED_DOWN: "stepped down by itself: the repeat was normal, and nobody had acted yet",
    Reason.WATCHED: "the synthetic reading came through",
    Reason.RESTRICTED: "told although the use of this person's data is restricted:"
    " a critical reading concerns their life",
    Reason.CARD_ACCEPTED: "accepted on a card in another system's chart",
    Reason.CARD_OVERRIDDEN: "overridden on a card in another system's chart",
}
