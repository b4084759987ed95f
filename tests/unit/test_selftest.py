"""The self-test's windows: each check with a value at each end of what a sound device shows, and
with one beyond.
"""

import pytest

# First: imports of the Unix port nest only so deep
from stimcore import panel  # noqa: F401

# isort: split
from app import selftest
from stimcore import checks


class Sound:
    """Drivers and device of a sound board, as far as the self-test asks them; a test spoils one
    value.
    """

    def __init__(self, check="", value=None, reason="none"):
        shown = dict(SOUND)
        if check:
            shown[check] = value
        self.shown = shown
        told = lambda name: lambda *_: shown[name]  # noqa: E731
        self.rehearsal = self.engine = self.monitors = self.sensing = self.amplitude = (
            self.clock
        ) = self.seal = self.session = self.latch = self
        self.journal = self.prescriptions = self.identity = self
        self.reason, self.roles, self.places = reason, ("CH1_A",), None
        self.board = {"SUPPLY_MIN_MV": 4_300, "SUPPLY_MAX_MV": 5_600}
        self.meters = (self,)
        self.fitted, self.adc_input = True, 0
        self.high_outputs, self.missing_pulls, self.line = (
            told("outputs_low"),
            told("board_resistors"),
            told("stop_loop"),
        )
        self.short_line, self.legs_follow, self.hz = (
            told("short_line"),
            told("legs_follow"),
            told("system_clock"),
        )
        self.short_pulls, self.sense_against_pull = told("short_pulls"), told("sense_lead_ch1")
        self.guard_us, self.deadman_us, self.monitor_us = (
            told("guard_cuts"),
            told("deadman_cuts"),
            told("monitor_ch1_a"),
        )
        self.counts, self.samples, self.follows = (
            told("current_zero_ch1"),
            told("samples_ch1"),
            told("amplitude_follows"),
        )
        self.reads_back, self.registers, self.supply_mv = (
            told("amplitude_zero"),
            told("registers_stand"),
            told("supply"),
        )
        self.temperature_c, self.free_bytes, self.holds = (
            told("temperature"),
            told("free_memory"),
            told("firmware_intact"),
        )
        self.in_ram = told("ram_intact")
        self.breaks, self.bad, self.calibration_damaged = (
            told("journal_chain"),
            shown["prescription"],
            shown["calibration_store"],
        )

    def prepare(self):
        pass

    def __getitem__(self, name):
        return self.shown["development_build"]


SOUND = {
    "outputs_low": 0,
    "board_resistors": 0,
    "stop_loop": 1,
    "short_line": 1,
    "short_pulls": 0,
    "legs_follow": 0,
    "system_clock": 125_000_000,
    "guard_cuts": 60,
    "deadman_cuts": 3_900,
    "monitor_ch1_a": 100,
    "current_zero_ch1": 3,
    "sense_lead_ch1": 63,
    "samples_ch1": 2,
    "amplitude_follows": 0,
    "amplitude_zero": 0,
    "registers_stand": 0,
    "supply": 5_000,
    "temperature": 27,
    "free_memory": 110_000,
    "firmware_intact": 1,
    "ram_intact": 41_288,
    "development_build": 0,
    "journal_chain": 0,
    "prescription": 0,
    "calibration_store": 0,
}
# Pins that move: only after some faults
MOVED = {"legs_follow", "amplitude_follows"}
# What a sound device may show, and what it never does. The dead-man's turn is 1 ms, three are
# given; a guard cuts within microseconds.
WINDOWS = [
    ("outputs_low", (0,), (1, 5)),
    ("board_resistors", (0,), (1,)),
    ("stop_loop", (1,), (0,)),
    ("short_line", (1,), (0,)),
    ("short_pulls", (0,), (1,)),
    ("system_clock", (125_000_000,), (124_999_999, 125_000_001, 48_000_000)),
    ("guard_cuts", (0, 200), (-1, -2, 201)),
    ("deadman_cuts", (2_900, 5_000), (-1, 2_800, 5_100, 60_000)),
    ("monitor_ch1_a", (20, 250), (-1, -2, 19, 251)),
    ("current_zero_ch1", (0, 20), (21, 200)),
    # 300 ohm against 80 kohm, 5 kohm against 50; at ground, open
    ("sense_lead_ch1", (15, 63, 372, 400), (0, 14, 401, 4_095)),
    ("samples_ch1", (2,), (0, 1, 3)),
    ("amplitude_zero", (0,), (1, 64, 4_096)),
    ("registers_stand", (0,), (-3, 0x40050000)),
    ("supply", (4_300, 5_600), (4_299, 5_601)),
    ("temperature", (0, 70), (-1, 71)),
    ("free_memory", (100_000,), (99_999,)),
    ("firmware_intact", (1,), (0,)),
    # A round's code is more than 20 kB (test_in_ram.py)
    ("ram_intact", (20_000, 41_288), (0, 12)),
    ("development_build", (0,), (1,)),
    ("journal_chain", (0,), (1,)),
    ("prescription", (0,), (1,)),
    ("calibration_store", (0,), (1,)),
]


@pytest.mark.parametrize(
    "times_us, ok",
    [
        # Cold, then with its code at hand; and the other way round
        ((246, 72), True),
        ((72, 246), True),
        ((201, 201), False),
        # It did not cut once; it cut before
        ((-1, 72), False),
        ((72, -1), False),
        ((72, -2), False),
    ],
)
def test_the_guard_is_timed_twice_and_must_cut_each_time(times_us, ok):
    """HZ2."""
    device = Sound()
    device.guard_us = iter(times_us).__next__
    row = [row for row in selftest.checks(device, device) if row[0] == "guard_cuts"][0]
    value = row[1]()
    assert (row[2] <= value <= row[3]) == ok
    assert value == min(times_us)


def wrong(drivers):
    return [row.id for row in selftest.run(drivers, drivers) if row.ok is False]


def test_every_check_is_here():
    rows = selftest.run(Sound(), Sound())
    assert {row.id for row in rows} == set(SOUND) - MOVED == {row[0] for row in WINDOWS} and wrong(
        Sound()
    ) == []


@pytest.mark.parametrize("row", WINDOWS)
def test_a_window_has_two_ends(row):
    check, sound, broken = row
    for value in sound:
        assert wrong(Sound(check, value)) == [], value
    for value in broken:
        assert wrong(Sound(check, value)) == [check], value
        kept = selftest.failed(selftest.run(Sound(check, value), Sound(check, value)))
        assert kept == [check] * checks.keeps(check)


@pytest.mark.parametrize("reason", ["over_current", "unbalanced", "width", "none", "stop_pressed"])
@pytest.mark.parametrize("check", sorted(MOVED))
def test_pins_are_moved_after_a_fault_in_which_a_driver_may_hang_and_else_never(check, reason):
    hangs = reason in ("over_current", "unbalanced", "width")
    assert wrong(Sound(check, 1, reason)) == [check] * hangs
    assert wrong(Sound(check, 0, reason)) == []
    made = [row.id for row in selftest.run(Sound("", None, reason), Sound("", None, reason))]
    assert (check in made) == hangs
