"""Samples and lines that break, each on a copy of one running twin: what stops the output, how
soon, and under which name.
"""

import pytest
import rig
from broken import NAMES, PERIOD, US, copies, to_pulse, told
from evenpulse.emulator import fork
from evenpulse.faults import every_bit

# Where the guard stands when it has cut; a pin's function that no peripheral has
GUARD_OFF, NULL = 31, 31


@pytest.fixture(scope="module")
def flash():
    return rig.flash_of_100_pps()


@pytest.fixture(scope="module")
def twin(flash):
    return rig.at_work(flash, ups=10)


# --- samples ------------------------------------------------------------------------------------


def load(ohm):
    def do(twin):
        twin.world.change_electrode(0, series_ohm=float(ohm), skin_ohm=0.0, skin_nf=0.0)

    return do


def test_lead_off_is_decided_at_half(twin):
    """10 mA asked; the board drives 100 V: what flows is 100 V over the load."""
    found = copies(twin, {ohm: load(ohm) for ohm in (17_000, 18_000, 22_000, 60_000)})
    assert found[17_000][0] == found[18_000][0] == "", "59 and 56 %"
    assert found[22_000][0] == found[60_000][0] == "lead_off", "45 and 17 %"
    assert all(found[ohm][2] <= 1 for ohm in (22_000, 60_000))


def compare(ma, before_us):
    """Channel 1's amplitude register gets another current, so long before a pulse: the sample
    agrees with the register.
    """

    def do(twin):
        to_pulse(twin, before_us)
        twin.chip.rp2040.write_uint32(
            0x40050000 + 20 * (rig.gpio(twin, "CH1_AMP") >> 1 & 7) + 12,
            ma * 4096 // 100 << 16 * (rig.gpio(twin, "CH1_AMP") & 1),
        )

    return do


def test_a_sample_above_the_cap_is_cut_in_its_pulse(twin):
    """A round between write and pulse finds the register first; the others are found by the
    sample. 30 mA is the cap.
    """
    found = copies(twin, {before: compare(60, before) for before in (50, 300, 700, 1_100)}, ms=40)
    assert {row[0] for row in found.values()} <= {"over_current", "registers"}
    cut = [row for row in found.values() if row[0] == "over_current"]
    assert cut and all(row[3] < 60 for row in cut), found


def mask(twin):
    """PRIMASK, one bit; and the lead comes off."""
    twin.chip.rp2040.core.pm = True
    twin.world.change_electrode(0, open=True)


def test_interrupts_that_are_off_are_a_trip_within_two_rounds(twin):
    """Where MicroPython's sleep asks the time. 1.26's is ended by an interrupt alone: no round
    comes that could ask, and the dead-man's 60 ms end it. No pulse comes in either.
    """
    reason, ms, begun, _ = copies(twin, {"PRIMASK": mask}, ms=100)["PRIMASK"]
    limit_ms = 90 if reason == "deadman" else 30
    assert reason in ("registers", "lead_off", "deadman") and ms <= limit_ms and begun <= 1


# --- lines --------------------------------------------------------------------------------------


def short(twin):
    twin.stick("INTERLOCK_N")
    twin.world.change_electrode(0, series_ohm=0.0, skin_ohm=0.0, skin_nf=0.0)


def test_a_short_stops_where_interlock_n_does_not(twin):
    reason, ms, begun, _ = copies(twin, {"short": short})["short"]
    assert reason == "short" and ms < 25 and begun <= 2


def leg_high_and_line_stuck(twin):
    """Leg B of channel 1 with its phase A, so that no sample tells of it."""
    to_pulse(twin, -50)
    twin.stick("INTERLOCK_N")
    twin.stick("CH1_B")


def test_a_monitor_that_pulls_in_vain_is_told_within_a_round(twin):
    reason, ms, begun, _ = copies(twin, {"two": leg_high_and_line_stuck})["two"]
    assert reason == "width" and ms < 15 and begun <= 1


# 48 clocks
MISS_US = 0.39
# Of a phase of 100 us, at the soonest and the latest moments that a monitor has for it
_INTO_PHASE_US = (0.5, 13, 50, 99.7)


@pytest.mark.parametrize("leg", rig.LEGS)
def test_a_leg_outlasts_its_phase_by_5_us_where_interlock_n_is_stuck(twin, leg):
    """HZ2: the pulse machine of that leg counts 300 us more. As soon off as with a line that falls,
    and told as that: no sample may have been wrong before.
    """
    channel, phase_b = int(leg[2]), leg.endswith("B")

    def longer(into_us):
        start = every_bit.before_pulse(twin, channel) + PERIOD
        twin.run_to(start + round((into_us + 150 * phase_b) * US))
        twin.stick("INTERLOCK_N")
        twin.chip.rp2040.pio[0].machines[channel - 1].x += 300 * US
        at = twin.now
        twin.run_to(start + (150 * phase_b + 110) * US)
        chip = twin.chip.rp2040
        cut = [chip.pio[0].machines[3].pc] + [
            chip.gpio[rig.gpio(twin, role)].ctrl & 31 for role in rig.GUARDED
        ]
        twin.run_ms(30)
        pin = rig.gpio(twin, leg)
        rise, fall = [clock for clock, gpio, _ in twin.edges if gpio == pin and clock > start - 1][
            :2
        ]
        reason, ms, begun, _ = told(twin, at)
        return [(fall - rise) / US, reason, ms, begun, cut]

    found = fork.each(list(_INTO_PHASE_US), longer, 1)
    assert [reason for _, reason, *_ in found] == ["width"] * len(found)
    # firmware/TIMING.md: where the line falls, 3.02 at the most and 4 clocks; then an interrupt,
    # which waits for a core that waits for flash
    assert all(102.6 < us < 103.06 + 0.35 + MISS_US for us, *_ in found), found
    assert all(ms < 0.11 and begun <= 1 for _, _, ms, begun, _ in found), found
    # By two ways: the guard has tripped, and nothing drives the five pins
    assert [cut for *_, cut in found] == [[GUARD_OFF] + [NULL] * 5] * len(found)


def test_an_interlock_n_that_cannot_go_low_arms_nothing(flash):
    twin = rig.ready(flash)
    twin.stick("INTERLOCK_N")
    seen = len(twin.edges)
    twin.press("START", 1_200)
    twin.run_ms(1_400)
    assert twin.state == rig.FAULT and NAMES[twin.states[-1][1] >> 8] == "width"
    guarded = {rig.gpio(twin, role) for role in rig.GUARDED}
    assert not [edge for edge in twin.edges[seen:] if edge[1] in guarded]


def test_usb_counts_without_vbus(flash, twin):
    """The wire of VBUS_SENSE is broken: a host is seen by the frames that it begins. Unplugged,
    START arms again.
    """
    assert copies(twin, {"plug": lambda twin: twin.usb.plug()}, ms=110)["plug"][0] == "usb_power"
    resting = rig.ready(flash)
    resting.usb.plug()
    resting.run_ms(300)
    resting.press("START", 1_200)
    resting.run_ms(1_400)
    assert resting.state == rig.READY
    resting.usb.unplug()
    resting.run_ms(300)
    resting.press("START", 1_200)
    assert resting.run_until_state(rig.RUNNING, 1_500)
