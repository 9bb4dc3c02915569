"""Messages come twice, thrice and in any order: the same outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.crowd import gather
from tests.faults.judging import judge

if TYPE_CHECKING:
    from tests.faults.stand import Stand
    from tests.faults.table import Figures
    from tests.faults.twin import Twin

pytestmark = [pytest.mark.processes, pytest.mark.faults]


@pytest.mark.parametrize("odd", ["ringing_twice", "ringing_three_times"])
def test_every_message_delivered_again_has_its_effect_once_ft_11(
    stand: Stand, figures: Figures, unharmed: Twin, odd: str
) -> None:
    """REL-10."""
    crowd = gather(stand, odd)
    stand.kill("relay")
    stand.start("relay", odd=odd)

    crowd.all_critical()
    figures.runs = len(crowd.mrns)

    judge(crowd, figures, unharmed)
    stand.kill("relay")


def test_messages_in_any_order_end_in_the_same_ft_12(
    stand: Stand, figures: Figures, unharmed: Twin
) -> None:
    crowd = gather(stand, "shuffled")
    stand.kill("relay")
    stand.start("relay", odd="out_of_order")

    crowd.all_critical()
    figures.runs = len(crowd.mrns)

    judge(crowd, figures, unharmed)
    stand.kill("relay")
