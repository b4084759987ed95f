"""The round in which a train begins builds words for both channels: how near it comes to the
dead-man, which cuts what no round has fed for 60 ms.
"""

import re
from pathlib import Path

import pytest
import rig
from evenpulse.connect import bring_up
from preset_facts import FACTS

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "not-known.md"
SAID = r"takes (\d+) ms of the dead-man's (\d+)"
WATCHDOG_LOAD = 4
SWEEP = "pain-modulated"


def longest_round_ms(flash, select):
    """Between two feeds of the watchdog, the last thing of each round, from arming, which starts
    the dead-man, until a second after the first pulse.
    """
    twin = rig.ready(flash, select=select)
    watchdog, fed = twin.chip.rp2040.watchdog, []
    write = watchdog.write_uint32

    def written(offset, value):
        write(offset, value)
        if offset == WATCHDOG_LOAD:
            fed.append(twin.now)

    watchdog.write_uint32 = written
    bring_up.hold_start(twin)
    twin.run_ms(1_000)
    assert twin.state == rig.RUNNING
    (armed,) = [clock for clock, word in twin.states if word & 0xFF == rig.ARMED]
    rounds = zip(fed, fed[1:], strict=False)
    return max(b - max(a, armed) for a, b in rounds) / 125_000


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(
        *[{"name": name, "preset": name, "channels": [1, 2], "offset_us": 1_000} for name in FACTS]
    )


@pytest.mark.parametrize("name", FACTS)
def test_the_round_that_begins_a_preset_is_told_where_it_is_long(flash, name):
    """HZ12. The page tells of the longest, the sweep's; compilers differ by a ms and a half."""
    (said, deadman) = map(int, re.search(SAID, " ".join(PAGE.read_text().split())).groups())
    longest = longest_round_ms(flash, list(FACTS).index(name))
    print(f"{name}: {longest:.1f} ms")
    assert longest < deadman
    assert longest <= said + 1.5
    if name == SWEEP:
        assert longest >= said - 1.5
