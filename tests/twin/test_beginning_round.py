"""How near the rounds around a train's beginning come to the dead-man, which cuts what no round
has fed for 60 ms: words for both channels are worked out there, and memory is collected.
"""

import pytest
import rig
from evenpulse.connect import bring_up
from preset_facts import FACTS

WATCHDOG_LOAD = 4
# Three quarters of the dead-man's time, with a flash chip's longest times. The longest is 39 ms
MOST_MS = 45


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
def test_the_rounds_that_begin_a_preset_leave_a_quarter_of_the_dead_mans_time(
    flash, name, monkeypatch
):
    """HZ12"""
    monkeypatch.setenv("EVENPULSE_SILICON_TIME", "worst")
    longest = longest_round_ms(flash, list(FACTS).index(name))
    print(f"{name}: {longest:.1f} ms")
    assert longest < MOST_MS
