"""Every table of the program in one place, for migrations and for the schema check."""

from __future__ import annotations

import alerts.checking.tables
import alerts.contacts.tables
import alerts.oncall.tables
import alerts.patients.tables
import alerts.receipts.tables
import alerts.spent.tables
import alerts.tables
import alerts.visits.tables
import app.accounts.tables
import app.audit_chain.tables
import app.bulk.tables
import app.checks.tables
import app.erasure.tables
import app.follow_up.tables
import app.model_watch.tables
import app.periods
import app.programme.tables
import app.promises
import app.retention.tables
import app.retraining.tables
import app.sending.tables
import app.staff.tables
import app.subscriptions.tables
import app.tries.tables
import app.watching.tables
import app.weekly.tables
import core.audit
import core.outbox
import ingest.access.tables
import ingest.arrivals.tables
import ingest.choosing.tables
import ingest.clocks.tables
import ingest.contacts.tables
import ingest.context.tables
import ingest.leaving.tables
import ingest.pausing.tables
import ingest.people.tables
import ingest.register.tables
import ingest.repeats.tables
import ingest.rolling.tables
import ingest.summing.tables
import ingest.tables
import ingest.teams.tables
import monitoring.asking.tables
import monitoring.contesting.tables
import monitoring.models.tables
import monitoring.plans.tables
import monitoring.tables
from core.database import Base

TABLE_MODULES = (
    core.outbox,
    core.audit,
    ingest.tables,
    ingest.access.tables,
    ingest.arrivals.tables,
    ingest.choosing.tables,
    ingest.clocks.tables,
    ingest.contacts.tables,
    ingest.context.tables,
    ingest.pausing.tables,
    ingest.leaving.tables,
    ingest.people.tables,
    ingest.register.tables,
    ingest.repeats.tables,
    ingest.rolling.tables,
    ingest.summing.tables,
    ingest.teams.tables,
    monitoring.tables,
    monitoring.asking.tables,
    monitoring.contesting.tables,
    monitoring.models.tables,
    monitoring.plans.tables,
    alerts.tables,
    alerts.contacts.tables,
    alerts.checking.tables,
    alerts.spent.tables,
    alerts.visits.tables,
    alerts.receipts.tables,
    alerts.patients.tables,
    alerts.oncall.tables,
    app.accounts.tables,
    app.audit_chain.tables,
    app.bulk.tables,
    app.checks.tables,
    app.erasure.tables,
    app.follow_up.tables,
    app.model_watch.tables,
    app.periods,
    app.promises,
    app.programme.tables,
    app.retention.tables,
    app.retraining.tables,
    app.sending.tables,
    app.staff.tables,
    app.subscriptions.tables,
    app.tries.tables,
    app.watching.tables,
    app.weekly.tables,
)
METADATA = Base.metadata
