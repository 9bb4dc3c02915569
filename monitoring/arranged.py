"""A person's readings, given as blocks, in the order and with the names that a judgement needs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.vitals import Precision, Quality
from ingest.blocks import name_of
from monitoring.local_time import local_times
from monitoring.rolled import crowded, standing
from monitoring.series import UNKNOWN, Manner, Origin, Series, make_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from core.vitals import Vital
    from ingest.blocks import Block, Bools, Floats, Ids, Ints

MOMENT = 0.001  # seconds


def times_of(block: Block) -> Floats:
    """Return float64[n], when each reading is judged: an interval by its end (fhir.md section 4).

    Just before the end, so that a total until midnight belongs to the day it covers.
    """
    if block.alike.precision is not Precision.PERIOD:
        return block.effective
    return np.fmax(block.effective, block.until - MOMENT)


def scored(blocks: Iterable[Block]) -> dict[Vital, list[Block]]:
    """Return, by vital, the blocks whose readings rules and baselines may use."""
    found: dict[Vital, list[Block]] = {}
    for block in blocks:
        if block.alike.quality is Quality.SCORED:
            known = ~np.isnan(block.values)
            some = block if known.all() else block.part(known)
            if len(some):
                found.setdefault(block.alike.vital, []).append(some)
    return {vital: found[vital] for vital in sorted(found)}


class _Rows(NamedTuple):
    """The readings of one vital, in the order of time, value and name."""

    times: Floats
    values: Floats
    received: Floats
    named: Ints  # the local day, where one was named
    ids: Ids
    counts: Ints
    device: Ints  # in the order of names
    site: Ints  # the same
    exact: Bools

    def only(self, rows: Bools | Ints) -> _Rows:
        return _Rows(
            self.times[rows],
            self.values[rows],
            self.received[rows],
            self.named[rows],
            self.ids[rows],
            self.counts[rows],
            self.device[rows],
            self.site[rows],
            self.exact[rows],
        )


def series_of(blocks: Sequence[Block], zone: tzinfo, manner: Manner | None) -> Series:
    """Return the scored readings of one vital, at least one, as a series.

    Not in the order of arrival: two devices may speak of the same instant (REL-19).
    """
    vital = blocks[0].alike.vital
    devices = sorted({block.alike.device for block in blocks})
    sites = sorted({block.alike.site for block in blocks})
    rows = _ordered(_rows(blocks, devices, sites), vital)
    if crowded(vital, rows.times):
        stays, counts = standing(rows.times, rows.device, rows.values, rows.counts, rows.exact)
        rows = rows._replace(counts=counts).only(stays)
    days, hours = local_times(rows.times, zone)
    whole = rows.named > 0  # a whole day has no hour
    return make_series(
        times=rows.times,
        values=rows.values,
        days=np.where(whole, rows.named, days),
        ids=rows.ids,
        received=rows.received,
        origin=Origin(
            _codes(rows.device, devices),
            np.where(whole, math.nan, hours),
            manner,
            _sites(rows.site, sites),
        )
        if manner
        else None,
        weights=None if bool((rows.counts == 1).all()) else rows.counts,
    )


def _rows(blocks: Sequence[Block], devices: Sequence[str], sites: Sequence[str]) -> _Rows:
    sizes = [len(block) for block in blocks]
    return _Rows(
        _together([times_of(block) for block in blocks]),
        _together([block.values for block in blocks]),
        _together([block.received for block in blocks]),
        _together([block.days for block in blocks]),
        _together([block.ids for block in blocks]),
        _together([block.stands_for for block in blocks]),
        np.array([devices.index(block.alike.device) for block in blocks]).repeat(sizes),
        np.array([sites.index(block.alike.site) for block in blocks]).repeat(sizes),
        np.array([block.alike.precision is Precision.INSTANT for block in blocks]).repeat(sizes),
    )


def _together(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _ordered(rows: _Rows, vital: Vital) -> _Rows:
    order = np.lexsort((rows.values, rows.times))
    times, values = rows.times[order], rows.values[order]
    alike = (times[1:] == times[:-1]) & (values[1:] == values[:-1])
    if alike.any():
        groups = np.split(order, np.flatnonzero(~alike) + 1)
        order = np.concatenate([_by_name(group, rows.ids, vital) for group in groups])
    return rows.only(order)


def _by_name(group: Ints, ids: Ids, vital: Vital) -> Ints:
    if len(group) == 1:
        return group
    return np.array(sorted(group.tolist(), key=lambda i: name_of(ids, i, vital)))


def _codes(places: Ints, names: Sequence[str]) -> Ints:
    """Return codes of names, counted in the order in which they were first said."""
    if len(names) == 1:
        return np.full(len(places), 0 if names[0] else UNKNOWN, dtype=np.int64)
    found, firsts = np.unique(places, return_index=True)
    codes = np.full(len(names), UNKNOWN, dtype=np.int64)
    said = [place for place in found[np.argsort(firsts)].tolist() if names[place]]
    codes[said] = np.arange(len(said))
    return codes[places]


def _sites(places: Ints, names: Sequence[str]) -> Ints | None:
    said = len(names) > 1 or names[0]
    return _codes(places, names) if said and any(names[i] for i in set(places.tolist())) else None


def contacts_of(blocks: Iterable[Block]) -> tuple[Floats, Floats]:
    """Return float64[n] each, when anything was heard of, and when it arrived; ascending."""
    heard = [block for block in blocks if block.alike.quality is not Quality.FUTURE]
    if not heard:
        return np.empty(0), np.empty(0)
    times = _together([times_of(block) for block in heard])
    received = _together([block.received for block in heard])
    order = np.lexsort((received, times))
    return times[order], received[order]
