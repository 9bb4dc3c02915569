from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ingest.presence import Post, Presence, clock_of, presence
from ingest.weekly import span

BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = (span("mon-fri", "08:00", "17:00"),)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("post", "when", "expected"),
    [
        (Post(), "2026-03-08T03:00", Presence.HERE),
        (Post(WEEKDAYS), "2026-03-09T08:00", Presence.HERE),
        (Post(WEEKDAYS), "2026-03-09T17:00", Presence.OFF_DUTY),
        (Post(WEEKDAYS), "2026-03-08T12:00", Presence.OFF_DUTY),
        # A day of leave is a whole day of the zone, its last minute included.
        (Post(WEEKDAYS, (("2026-03-09", "2026-03-10"),)), "2026-03-09T00:30", Presence.ON_LEAVE),
        (Post(WEEKDAYS, (("2026-03-09", "2026-03-10"),)), "2026-03-10T16:59", Presence.ON_LEAVE),
        (Post(WEEKDAYS, (("2026-03-09", "2026-03-10"),)), "2026-03-11T08:00", Presence.HERE),
        (Post(WEEKDAYS, (("2026-03-09", ""),)), "2026-06-09T08:00", Presence.ON_LEAVE),
        (Post(WEEKDAYS, (("2026-03", "2026-03"),)), "2026-03-31T09:00", Presence.ON_LEAVE),
        (
            Post(away=(("2026-03-09T12:00:00+01:00", "2026-03-09T13:00:00+01:00"),)),
            "2026-03-09T12:30",
            Presence.ON_LEAVE,
        ),
        (Post(until="2026-03-08"), "2026-03-09T09:00", Presence.ENDED),
        (Post(since="2026-03-10"), "2026-03-09T09:00", Presence.ENDED),
        # In Seoul it is 17:30 already.
        (Post(WEEKDAYS, zone="Asia/Seoul"), "2026-03-09T09:30", Presence.OFF_DUTY),
        # Leave that says nothing of when is no leave for ever.
        (Post(WEEKDAYS, (("", ""),)), "2026-03-09T09:00", Presence.HERE),
    ],
)
def test_a_post_says_whether_its_holder_is_at_work(
    post: Post, when: str, expected: Presence
) -> None:
    assert presence([post], at(when), BERLIN) == expected


def test_of_several_posts_the_one_that_is_at_work_counts() -> None:
    clinic, ward = Post(WEEKDAYS), Post((span("sat,sun", "08:00", "20:00"),))

    assert presence([clinic, ward], at("2026-03-08T12:00"), BERLIN) is Presence.HERE
    assert presence([clinic, ward], at("2026-03-08T21:00"), BERLIN) is Presence.OFF_DUTY


def test_a_persons_day_is_counted_in_the_zone_of_their_post_where_it_has_one() -> None:
    assert clock_of([Post(), Post(zone="Asia/Seoul")], BERLIN).key == "Asia/Seoul"
    assert clock_of([Post(zone="Nowhere/Land")], BERLIN) == BERLIN
