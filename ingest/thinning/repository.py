"""Which readings of dense streams stand for nothing: told of and taken away by one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from core.rows import run
from ingest.rollup import ROLLED
from ingest.summing.repository import Row

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_EVER = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be thinned: all that was measured `before`, of nobody who is `held`.

    `late` are the delays, ascending, from which on somebody counts a reading as late: one that
    came late counts for none that came in time, nor the other way round.
    """

    before: datetime
    held: Collection[UUID] = ()
    late: Sequence[timedelta] = ()


class Span(NamedTuple):
    """Of one person, what nobody looked at yet and what is rolled up, in days of a zone."""

    patient_id: UUID
    since: datetime
    before: datetime
    zone: str


# Where a day is read as it is again, `until` lies before it: what has no mark yet is not there.
_SPANS = """
select * from (
    select patient_id, coalesce(looked_until, %b::timestamptz) as since,
        least(until, %b::timestamptz) as before, zone
    from rolled_up where patient_id = any(%b::uuid[]) or (%b and patient_id <> all(%b::uuid[]))
) each where since < before order by since, patient_id limit %b::int8
"""
# What an Observation says beside it, or in another version, and what somebody else says of the
# same instant keeps all of it. The one that stands for it is that of its hour, where its day was
# read by hours when it was rolled up, else that of its day; where there is none, nothing goes.
_PLAIN = """{r}.ordinal = 0 and not {r}.superseded and {r}.quality = 'scored'"""
_DELAY = "case {r}.resource_version when 1 then {r}.received_at - {r}.effective else '0' end"
_ROWS = f"""
select r.patient_id, r.effective, r.vital, r.device, r.resource_id, r.summed,
    s.effective is not null and not exists (
        select from reading o where o.patient_id = r.patient_id and o.effective = r.effective
            and (o.resource_id = r.resource_id or (o.vital = r.vital and o.device = r.device))
            and (o.vital, o.device, o.ordinal) <> (r.vital, r.device, r.ordinal)
    ) and not exists (
        select from resource v where v.id = r.resource_id
            and (v.version > 1 or v.type <> 'Observation')
    ), s.effective, r.device, r.value
from (
    select r.* from reading r
    where r.patient_id = %b::uuid and r.effective >= %b::timestamptz
        and r.effective < %b::timestamptz and r.roll is null and r.vital = any(%b::text[])
        and r.precision = 'instant' and r.value is not null and r.until is null
        and {_PLAIN.format(r="r")}
    order by r.effective {{limit}}
) r left join lateral (
    select s.effective from reading s
    where s.patient_id = r.patient_id and s.roll = 0 and s.vital = r.vital
        and s.effective >= date_trunc('day', r.effective, %b::text)
        and s.effective < (date_trunc('day', r.effective at time zone %b::text) + '1 day')
            at time zone %b::text
        and s.device = r.device and s.stands_for + s.summed > 1 and {_PLAIN.format(r="s")}
        and width_bucket({_DELAY.format(r="s")}, %b::interval[])
            = width_bucket({_DELAY.format(r="r")}, %b::interval[])
    order by date_trunc('hour', s.effective, 'UTC') <> date_trunc('hour', r.effective, 'UTC'),
        s.effective limit 1
) s on true
order by r.effective, r.vital, r.device
"""  # noqa: S608 (only the names above)
_SOME = "fetch first %b rows with ties"  # the watermark lies between two instants


def due(session: Session, asked: Asked, *, most: int | None) -> list[Span]:
    """Return of whom there is something to look at, who waited longest first."""
    rows = run(session, _SPANS, _EVER, asked.before, [], True, list(asked.held), most)
    return [Span(*row) for row in rows]


def spans_of(session: Session, asked: Asked, people: Collection[UUID]) -> list[Span]:
    """Return the same of some people, as it is now."""
    rows = run(session, _SPANS, _EVER, asked.before, list(people), False, [], None)
    return [Span(*row) for row in rows]


def rows(session: Session, asked: Asked, span: Span, *, most: int | None) -> list[Row]:
    """Return the readings of a span that have no mark, the oldest first; `goes` says which go.

    All of an instant or none, so that it may be some more than `most`.
    """
    limit, some = ("", ()) if most is None else (_SOME, (most,))
    late = list(asked.late)
    known = (*span[:3], sorted(ROLLED), *some, *[span.zone] * 3, late, late)
    return [Row(*row) for row in run(session, _ROWS.replace("{limit}", limit), *known)]


_COUNT = (
    "update reading r set summed = r.summed + at.more, stands_for = r.stands_for - at.more"
    " from unnest(%b::uuid[], %b::timestamptz[], %b::text[], %b::text[], %b::int4[])"
    " at (patient, instant, vital, device, more) where r.patient_id = at.patient"
    " and r.effective = at.instant and r.vital = at.vital and r.device = at.device"
    " and r.ordinal = 0 and r.effective between %b and %b"
)


def count(session: Session, gone: Mapping[tuple[UUID, datetime, str, str], int]) -> None:
    """Note of readings how many are gone of those they stand for: each counts for as many."""
    if gone:
        columns = [list(each) for each in zip(*gone, strict=True)]
        run(session, _COUNT, *columns, list(gone.values()), min(columns[1]), max(columns[1]))


_LOOKED = (
    "update rolled_up r set looked_until = at.until,"
    " thinned_until = greatest(r.thinned_until, at.until)"
    " from unnest(%b::uuid[], %b::timestamptz[]) at (patient, until)"
    " where r.patient_id = at.patient"
)


def looked(session: Session, until: Mapping[UUID, datetime]) -> None:
    """Remember until when each person's stream was looked at."""
    run(session, _LOOKED, list(until), list(until.values()))
