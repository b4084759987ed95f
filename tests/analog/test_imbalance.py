"""The direct current that nobody sees: phases that are not alike charge the series capacitors, and
the comparator at rest acts on what they hold. In the twin's closed form; in ngspice it takes
minutes: `python -m evenpulse.analog imbalance`.
"""

from dataclasses import replace

import numpy as np
import pytest

from evenpulse.analog import imbalance
from evenpulse.twin import stage
from evenpulse.twin.load import NS_PER_CLOCK, Electrode
from evenpulse.twin.staged import StagedChannel

# Of a second; what the judge of broken parts allows
DC_UA_MAX = 100
PHASE_S, GAP_S, SECONDS = 300e-6, 100e-6, 3.0


@pytest.fixture(scope="module")
def own(board, folder):
    return stage.read(board["NAME"], folder.parents[1])


def played(own, part):
    """(mean current of the first second in µA, seconds until the comparator acts or None)."""
    channel, first_ua = StagedChannel(Electrode(500.0), own), 0.0
    for k in range(round(SECONDS * imbalance.RATE_PPS)):
        begin_s = 1e-3 + k / imbalance.RATE_PPS
        for sign, at_s in ((1, begin_s), (-1, begin_s + PHASE_S + GAP_S)):
            ma = imbalance.MA * (1 + part if sign < 0 else 1)
            channel.set_drive(clock(at_s), ma * 1_000, sign)
            channel.set_drive(clock(at_s + PHASE_S), 0, 0)
        if k == imbalance.RATE_PPS - 1:
            # All that has not come back is in the capacitors.
            first_ua = abs(channel.series_mv) * own.series_nf * 1e-6
        if channel.rest_s() is not None:
            return first_ua, begin_s
    return first_ua, None


def clock(seconds):
    return round(seconds * 1e9 / NS_PER_CLOCK)


@pytest.mark.parametrize("part, seen", [(0.0, False), (0.02, False), (0.06, False), (0.1, True)])
def test_60_microampere_between_the_phases_are_seen_and_less_is_not(own, part, seen):
    dc_ua, tripped_s = played(own, part)
    assert (tripped_s is not None) == seen
    assert dc_ua < DC_UA_MAX / 2


def test_what_is_not_seen_ends_in_the_capacitors(own):
    """At most twice the comparator's 4.8 V on 5 µF, however long it lasts: 48 µC."""
    assert 2 * own.rest_mv * own.series_nf * 1e-6 == pytest.approx(48, abs=1)
    shorted = replace(own, series_nf=2 * own.series_nf, series_tau_ms=2 * own.series_tau_ms)
    assert played(shorted, 0.06)[0] < DC_UA_MAX / 2


def test_the_mean_current_is_what_flowed():
    t = np.arange(0, 2, 1e-4)
    waves = {"time": t, "i(v_pat)": np.where(t < 1, 30e-6, 10e-6)}
    assert imbalance.dc_ua(waves, 0, 1) == pytest.approx(30, abs=0.1)
    assert imbalance.dc_ua(waves, 1, 2) == pytest.approx(10, abs=0.1)
