"""Measured current on the emulated chip: when it is taken, what it finds within one pulse, and
what it leaves alone.
"""

import json
import random
from bisect import bisect_right

import pytest
import rig
from evenpulse.emulator import fork
from test_interlock import into_pulse, journal_events

US = 125
GAP_US, RATE_PPS = 50, 100

pytestmark = pytest.mark.copied


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(
        rig.program(phase_us=100, gap_us=GAP_US, rate_pps=RATE_PPS),
        rig.program(phase_us=20, gap_us=5, rate_pps=150),
        rig.program(phase_us=400, gap_us=100, rate_pps=100, channels=[1]),
        cap_ma=60,
    )


def rises(twin, role):
    return [clock for clock, pin, level in twin.edges if pin == rig.gpio(twin, role) and level]


def starts_of_conversions(twin):
    """A list that fills with (clock, ADC input)."""
    adc, seen = twin.chip.rp2040.adc, []
    begin = adc.on_adc_read

    def _note(number):
        seen.append((twin.now, number))
        begin(number)

    adc.on_adc_read = _note
    return seen


@pytest.mark.parametrize("select", [0, 1])
def test_each_phase_is_sampled_once_at_the_same_clock_and_inside_it(flash, select):
    twin = rig.running(flash, select, ups=2)
    seen = starts_of_conversions(twin)
    twin.run_ms(500)
    phase = (100, 20)[select] * US
    for number, legs in ((0, ("CH1_A", "CH1_B")), (1, ("CH2_A", "CH2_B"))):
        samples = [clock for clock, adc_input in seen if adc_input == number]
        for leg in legs:
            begun = rises(twin, leg)
            places = [clock - begun[bisect_right(begun, clock) - 1] for clock in samples]
            inside = {place for place in places if place < phase}
            assert len(inside) == 1, (leg, inside)
        assert len(samples) == pytest.approx(2 * 0.5 * (100, 150)[select], abs=2)
    assert twin.state == rig.RUNNING


def test_supply_and_temperature_are_read_between_the_pulses(flash):
    twin = rig.running(flash, 1, ups=2)
    seen = starts_of_conversions(twin)
    twin.run_ms(2_000)
    own = [clock for clock, adc_input in seen if adc_input in (2, 4)]
    pulses = [clock for clock, adc_input in seen if adc_input in (0, 1)]
    assert (
        len(own) >= 20
        and min(abs(a - b) for a in own for b in pulses[:: max(1, len(pulses) // 200)]) > 2 * US
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("ma", [5, 12])
@pytest.mark.parametrize("what", ["open", "short"])
def test_lead_off_or_short_lets_no_further_pulse_come(flash, ma, what, seed):
    """I6, at 12 clocks spread over the period for each amplitude."""
    period = 1_250_000
    twin = rig.running(flash, ups=ma)
    into_pulse(twin, random.Random(f"{what}{ma}{seed}").randrange(period))
    change = {"open": True} if what == "open" else {"series_ohm": 0.0}
    twin.world.change_electrode(seed % 2, **change)
    at = twin.now
    twin.run_ms(60)
    leg = f"CH{seed % 2 + 1}_A"
    after = [clock for clock in rises(twin, leg) if clock > at]
    assert len(after) <= 1, f"{len(after)} pulses begin after the lead came off"
    assert rig.levels(twin) == [0] * 5 and twin.state == rig.FAULT
    assert journal_events(twin)[-1]["reason"] == ("lead_off" if what == "open" else "short")


def test_a_stuck_amplitude_is_cut_inside_the_pulse_that_shows_it(flash):
    twin = rig.running(flash, ups=10)
    begun = len(rises(twin, "CH1_A"))
    twin.run_ms(3)
    while any(rig.levels(twin, ("CH1_A", "CH1_B"))):
        twin.run_clocks(1_000)
    begun = len(rises(twin, "CH1_A"))
    twin.stick("CH1_AMP")
    twin.run_ms(60)
    assert len(rises(twin, "CH1_A")) == begun + 1
    flowed = rig.last_fall(twin, ("CH1_A",)) - rises(twin, "CH1_A")[-1]
    assert flowed < 60 * US and journal_events(twin)[-1]["reason"] == "over_current"


@pytest.mark.parametrize("ohm", [300, 3_000])
@pytest.mark.parametrize("skin", [{}, {"skin_ohm": 1_000.0, "skin_nf": 100.0}])
def test_no_false_trip_over_loads_while_the_amplitude_moves(flash, ohm, skin):
    twin = rig.running(flash)
    for index in (0, 1):
        twin.world.change_electrode(
            index, series_ohm=float(ohm - skin.get("skin_ohm", 0) if ohm > 1_000 else ohm), **skin
        )
    for k in range(28):
        twin.press("DOWN" if k % 7 == 6 else "UP", 60)
        twin.run_ms(260)
    assert twin.state == rig.RUNNING, journal_events(twin)[-1]


def test_measured_charge_is_what_flowed(flash):
    twin = rig.running(flash, ups=10)
    twin.run_ms(2_000)
    # Held once it asks, held again it ends.
    for _ in range(2):
        twin.press("SELECT", 1_200)
        twin.run_ms(1_400)
    assert twin.run_until_state(rig.ENDED, 5_000)
    twin.run_ms(50)
    end = next(e for e in reversed(journal_events(twin)) if e["e"] == "end")
    for index in (0, 1):
        channel = twin.world.channels[index]
        channel.advance(twin.now)
        assert end["muc"][index] == pytest.approx(channel.total_nc / 2_000, rel=0.02), json.dumps(
            end
        )
        assert end["pulses"][index] == len(rises(twin, f"CH{index + 1}_A"))


# At first nobody knows more than that the sample had not been judged; then each reads the timer
FIRST_US, WITHIN_US, LATER_WITHIN_US = 27, 14, 6


def told_and_flowed(twin, us):
    """Cut so far into a pulse: (us, channel, leg, us as told, us as the pins show it) of each."""
    into_pulse(twin, round(us * US))
    twin.overcurrent()
    at = twin.now
    twin.run_ms(60)
    fault = journal_events(twin)[-1]
    assert fault["reason"] == "interlock_open"
    assert fault["pulses"][0] == len(rises(twin, "CH1_A"))
    rows = []
    for channel, cut in enumerate(fault["cut_us"], 1):
        for leg, told in zip("AB", cut or (None, None), strict=True):
            ends = _highs(twin, f"CH{channel}_{leg}", since=at - 900 * US)
            rows.append(
                (us, channel, leg, told, sum(min(fall, at + 8) - rise for rise, fall in ends) / US)
            )
    return rows


@pytest.mark.parametrize(
    "select, phase_us, length_us, step_us",
    [(2, 400, 900, 20.7), (0, 100, 250, 4.6), (0, 100, 31, 0.5)],
)
def test_found_the_journal_knows_how_far_a_cut_pulse_had_come(
    flash, select, phase_us, length_us, step_us
):
    """At many moments of a pulse, while samples are judged and while none is. One that is told as
    over lacks no more at its end than the others.
    """
    twin = rig.running(flash, select, ups=6)
    moments = [1 + k * step_us for k in range(int((length_us - 1) / step_us))]
    rows = [
        row for rows in fork.each(moments, lambda us: told_and_flowed(twin, us), 1) for row in rows
    ]
    flowing = [row for row in rows if row[4]]
    assert len(flowing) > 1.4 * len(moments)
    assert [row for row in flowing if _off_us(row, phase_us) > _within_us(row)] == []


def _off_us(row, phase_us):
    _us, _channel, _leg, told, flowed = row
    return abs((phase_us if told is None else told) - flowed)


def _within_us(row):
    return WITHIN_US if row[0] < FIRST_US else LATER_WITHIN_US


def test_a_trip_between_pulses_cuts_none(flash):
    twin = rig.running(flash, 2, ups=6)
    into_pulse(twin, 3_000 * US)
    twin.overcurrent()
    twin.run_ms(50)
    assert journal_events(twin)[-1]["cut_us"] == [None, None]


def _highs(twin, role, since):
    """(rise, fall) of a pin."""
    pin, rise = rig.gpio(twin, role), None
    for clock, gpio, level in twin.edges:
        if gpio == pin and level:
            rise = clock
        elif gpio == pin and rise is not None and rise >= since:
            yield rise, clock
