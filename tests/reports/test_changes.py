from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from reports.changes import Effect, Kind, Made, Past, Spoke, changes
from tests.episodes import ANNA, BEN, DOCTOR, WEEK

AT = WEEK.start + timedelta(days=3, hours=12)  # half of the week is over


def spoke(days: float, *, who: object = ANNA, rule: str = "R", vital: str = "spo2") -> Spoke:
    assert who in (ANNA, BEN)
    return Spoke(uuid4(), ANNA if who == ANNA else BEN, AT + timedelta(days=days), rule, vital)


def made(kind: Kind, subject: str, *people: object) -> Made:
    whom = tuple(each for each in (ANNA, BEN) if each in people)
    return Made(kind, AT, subject, "set", whom, DOCTOR)


def test_a_limit_is_held_against_the_same_measurement_of_the_same_person() -> None:
    past = Past(
        [
            spoke(-29),  # too long ago
            spoke(-28),
            spoke(-1),
            spoke(-1, vital="body_weight"),
            spoke(-1, who=BEN),
            spoke(0),
            spoke(3),
        ]
    )

    found = changes([made(Kind.LIMIT, "spo2", ANNA)], past, end=WEEK.end)[0]

    assert found.effect == Effect(before=2, before_weeks=4.0, since=2, since_weeks=0.5)
    assert found.effect.per_week_before == 0.5
    assert found.effect.per_week_since == 4.0
    assert found.patient_id == ANNA


def test_an_alert_of_several_findings_counts_once() -> None:
    one = spoke(-2)
    past = Past([one, Spoke(one.alert_id, ANNA, one.opened_at, "S", "spo2")])

    found = changes([made(Kind.LIMIT, "spo2", ANNA)], past, end=WEEK.end)[0]

    assert found.effect is not None
    assert found.effect.before == 1


def test_a_model_is_held_against_the_alerts_of_the_score_and_rules_against_all() -> None:
    past = Past([spoke(-1, rule="RISK"), spoke(-1), spoke(1, who=BEN)])

    model, rules = changes(
        [made(Kind.MODEL, "risk-1", ANNA, BEN), made(Kind.RULES, "abc", ANNA, BEN)],
        past,
        end=WEEK.end,
    )[::-1]

    assert (model.kind, rules.kind) == (Kind.MODEL, Kind.RULES)
    assert model.effect is not None
    assert rules.effect is not None
    assert (model.effect.before, model.effect.since) == (1, 0)
    assert (rules.effect.before, rules.effect.since) == (2, 1)
    assert rules.effect.before_weeks == 8.0
    assert rules.patient_id is None


def test_who_was_enrolled_lately_has_fewer_weeks_before() -> None:
    past = Past([], {ANNA: AT - timedelta(days=7)})

    found = changes([made(Kind.RULES, "abc", ANNA, BEN)], past, end=WEEK.end)[0]

    assert found.effect is not None
    assert found.effect.before_weeks == 5.0


def test_what_only_mutes_has_no_effect_to_hold() -> None:
    found = changes([made(Kind.SNOOZE, "fluid", ANNA)], Past([]), end=WEEK.end)

    assert found[0].effect is None
