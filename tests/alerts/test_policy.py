from __future__ import annotations

import copy
import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.policy import Channel, To, freeze, thaw
from alerts.policy_source import read
from core.errors import InvalidError
from core.vitals import Severity

SOURCE = tomllib.loads((Path(__file__).parents[2] / "alerts" / "policy.toml").read_text())


def test_the_red_chain_is_the_one_of_the_design() -> None:
    minutes = [
        (rung.after / timedelta(minutes=1), rung.to)
        for rung in read(SOURCE).tiers[Severity.RED].rungs
        if rung.channel is Channel.EMAIL
    ]

    assert minutes == [
        (0, To.RESPONSIBLE),
        (15, To.BACKUP),
        (30, To.FALLBACK),
        (45, To.FALLBACK),
    ]


def test_a_scaled_policy_shortens_waits_and_not_what_makes_a_reading_late() -> None:
    scaled = read(SOURCE, scale=0.01)

    assert scaled.tiers[Severity.RED].rungs[2].after == timedelta(seconds=9)
    assert scaled.late_after == timedelta(hours=24)


def test_a_frozen_policy_survives_the_database() -> None:
    policy = read(SOURCE)

    assert thaw(json.loads(json.dumps(freeze(policy)))) == policy


def test_the_hash_follows_the_content() -> None:
    edited = copy.deepcopy(SOURCE)
    edited["late_after_hours"] = 12

    assert read(edited).hash != read(SOURCE).hash
    assert read(copy.deepcopy(SOURCE)).hash == read(SOURCE).hash


def _without_first_step(source: dict[str, Any]) -> None:
    source["tiers"]["RED"]["steps"].pop(0)


def _out_of_order(source: dict[str, Any]) -> None:
    source["tiers"]["AMBER"]["steps"].reverse()


def _closing_red(source: dict[str, Any]) -> None:
    source["tiers"]["RED"]["clearing_hours"] = 1


def _amber_without_fallback(source: dict[str, Any]) -> None:
    source["tiers"]["AMBER"]["repeat"]["to"] = "backup"


def _paged_data_quality(source: dict[str, Any]) -> None:
    source["tiers"]["DQ"]["steps"][0]["to"] = "responsible"


def _endless_yellow(source: dict[str, Any]) -> None:
    del source["tiers"]["YELLOW"]["clearing_hours"]


def _unknown_recipient(source: dict[str, Any]) -> None:
    source["tiers"]["RED"]["steps"][0]["to"] = "everyone"


def _unknown_channel(source: dict[str, Any]) -> None:
    source["tiers"]["RED"]["steps"][0]["channels"] = ["fax"]


def _missing_tier(source: dict[str, Any]) -> None:
    del source["tiers"]["RED"]


def _late_reminder(source: dict[str, Any]) -> None:
    source["tiers"]["RED"]["reminder_minutes"] = 61


def _quiet_repeat(source: dict[str, Any]) -> None:
    source["tiers"]["RED"]["repeat"]["after_minutes"] = 0


def _waits_of_nobody(source: dict[str, Any]) -> None:
    source["delivery"]["waits_of"]["fax"] = [5]


def _batch_of_no_hour(source: dict[str, Any]) -> None:
    source["delivery"]["batch_hours"] = [24]


def test_the_batch_leaves_at_the_hour_that_the_policy_states_al_09() -> None:
    edited = copy.deepcopy(SOURCE)
    edited["delivery"]["batch_hours"] = [7, 13]

    assert read(edited).batches == (7, 13)
    assert read(SOURCE).batches == tuple(SOURCE["delivery"]["batch_hours"])


@pytest.mark.parametrize(
    "harm",
    [
        _waits_of_nobody,
        _batch_of_no_hour,
        _without_first_step,
        _out_of_order,
        _closing_red,
        _amber_without_fallback,
        _paged_data_quality,
        _endless_yellow,
        _unknown_recipient,
        _unknown_channel,
        _missing_tier,
        _late_reminder,
        _quiet_repeat,
    ],
)
def test_a_policy_that_could_lose_an_alert_is_refused(harm: Any) -> None:
    source = copy.deepcopy(SOURCE)
    harm(source)

    with pytest.raises(InvalidError):
        read(source)
