"""The worst moments on silicon's time: nothing of the firmware is in the cache before flash, and
flash takes its longest. Whoever asks has put every twin on that time (`worst`).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stimcore import prescription

from evenpulse.bench import stock
from evenpulse.bench.rows import Row, row
from evenpulse.connect import bring_up
from evenpulse.emulator import fork
from evenpulse.twin.states import RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

_XIP_FLUSH = 0x14000004
_WATCHDOG_LOAD = 4
_BOOT_MS = 5_000
_RATE_PPS, _PHASE_US, _GAP_US, _UPS = 100, 400, 100, 6
_PERIOD = 125_000_000 // _RATE_PPS
_CLOCKS_PER_US = 125
_LEGS = ("CH1_A", "CH1_B", "CH2_A", "CH2_B")
# What makes a sample wrong: no current, half as much again, a phase B that is weaker.
WRONG: tuple[Callable[[Twin, int], object], ...] = (
    lambda twin, index: twin.world.change_electrode(index, open=True),
    lambda twin, index: twin.world.change_source(index, 1.5, 1.5),
    lambda twin, index: twin.world.change_source(index, 1.0, 0.6),
)
_PRESS_MS, _PAUSE_MS = 60, 260
# beyond the 2 s after which the journal has an amplitude
_WRITTEN_MS = 2_400
# some erases of 400 ms
_KEPT_MS = 2_000
# each slot once
_PRESCRIPTIONS = 2
CUT_US = 200
DEADMAN_MS, WATCHDOG_MS = 60, 500


def self_test() -> list[list[object]]:
    """Each check at power-on: what it is, its value, its window, its unit, whether it is kept."""
    twin = bring_up.new()
    twin.power_on(usb=True)
    twin.run_until(lambda: twin.state != 0, _BOOT_MS)
    _failed, checks = bring_up.device(twin).self_test()
    return [
        [check.id, check.value, f"{check.lowest} to {check.highest}", check.unit, check.ok]
        for check in checks
    ]


def _empty_cache(twin: Twin) -> None:
    twin.chip.rp2040.write_uint32(_XIP_FLUSH, 1)


@dataclass
class Feeds:
    """When the firmware has fed the watchdog, as the last thing of a round or around an erase; the
    cache is emptied each time.
    """

    longest: int = 0
    last: int | None = None

    def watch(self, twin: Twin) -> "Feeds":
        watchdog: Any = twin.chip.rp2040.watchdog
        write = watchdog.write_uint32

        def fed(offset: int, value: int) -> None:
            write(offset, value)
            if offset == _WATCHDOG_LOAD:
                self._fed(twin.now)
                _empty_cache(twin)

        watchdog.write_uint32 = fed
        return self

    def _fed(self, now: int) -> None:
        if self.last is not None:
            self.longest = max(self.longest, now - self.last)
        self.last = now

    @property
    def longest_ms(self) -> float:
        return round(self.longest / CLOCKS_PER_MS, 2)


def rows(cases: int, say: Callable[[str], None]) -> list[Row]:
    """From a sample to legs that are low; the longest round of therapy; the watchdog's longest
    wait.
    """
    return [_cut(cases, say), _round(cases, say), _operation(say)]


def prescribed_flash() -> bytes:
    """Of a device that has accepted the rows' prescription."""
    form = stock.device_form(rate_pps=_RATE_PPS, phase_us=_PHASE_US, gap_us=_GAP_US)
    return bring_up.prescribed(bring_up.new(), form, stock.NOW_S).flash


def running(flash: bytes) -> Twin:
    """In therapy, above the current from which a lead that is off counts. What was to be written
    is.
    """
    twin = bring_up.switch_on(Twin(flash=flash))
    twin.run_ms(_KEPT_MS)
    bring_up.hold_start(twin)
    bring_up.press(twin, "UP", _UPS, _PRESS_MS, _PAUSE_MS)
    twin.run_ms(_WRITTEN_MS)
    return twin


def _cut(cases: int, say: Callable[[str], None]) -> Row:
    say(f"sample: {cases} currents that go wrong")
    twin = running(prescribed_flash())

    def _case(number: int) -> int | None:
        chance = random.Random(f"sample {number}")
        twin.run_clocks(chance.randrange(_PERIOD))
        WRONG[number % len(WRONG)](twin, chance.randrange(2))
        return sample_to_low(twin)

    found = fork.each(range(cases), _case)
    value = None if None in found else round(max(found) / _CLOCKS_PER_US, 1)
    return row(
        "sample",
        value,
        "us",
        CUT_US,
        f"from a sample that is wrong to legs that are low (limit: what the self-test gives the "
        f"guard); cache empty at each sample, worst of {cases}",
    )


def sample_to_low(twin: Twin) -> int | None:
    """From the last sample before the device has cut: no other one comes after a wrong one."""
    adc, taken = twin.chip.rp2040.adc, []
    read = adc.on_adc_read

    def sampled(number: int) -> None:
        taken.append(twin.now)
        _empty_cache(twin)
        read(number)

    adc.on_adc_read = sampled
    twin.run_until(lambda: twin.state != RUNNING, 45)
    legs = {twin.board["PINS"][role][0] for role in _LEGS}
    if twin.state == RUNNING or any(twin.chip.pads.levels[leg] for leg in legs):
        return None
    low = max(clock for clock, pin, level in twin.edges if pin in legs and not level)
    return low - max(clock for clock in taken if clock < low)


def _round(cases: int, say: Callable[[str], None]) -> Row:
    say("round: records written in therapy")
    twin = running(prescribed_flash())
    feeds = Feeds().watch(twin)
    for number in range(cases):
        bring_up.press(twin, ("UP", "DOWN")[number % 2], 1, _PRESS_MS, _WRITTEN_MS)
    return row(
        "round",
        feeds.longest_ms if twin.state == RUNNING else None,
        "ms",
        DEADMAN_MS,
        f"longest from one reload of the dead-man to the next in therapy at 2 × {_RATE_PPS} pps; "
        f"cache empty at each, {cases} amplitudes written to the journal at 3 ms a page",
    )


def _operation(say: Callable[[str], None]) -> Row:
    say("operation: the largest prescriptions accepted")
    twin = bring_up.switch_on(bring_up.new(), usb=True)
    feeds = Feeds().watch(twin)
    device = bring_up.device(twin)
    for counter in range(1, _PRESCRIPTIONS + 1):
        bring_up.prescribe(twin, largest(counter), stock.NOW_S, device)
        twin.run_ms(_KEPT_MS)
    return row(
        "operation",
        feeds.longest_ms if not twin.chip.resets else None,
        "ms",
        WATCHDOG_MS,
        "longest that the watchdog waits, the largest prescription accepted into either slot; "
        "cache empty at each feed, an erase 400 ms, a page 3 ms",
    )


def largest(counter: int) -> dict:
    """A prescription of as many programs and as long names as there can be, in device form."""
    base = stock.document()
    program = {
        "preset": "pain-modulated",
        "channels": [1, 2],
        "ramp_up_s": 0.5,
        "ramp_down_s": 0.5,
        "on_s": 2.5,
        "off_s": 2.5,
        "offset_us": 0,
        "gap_us": 50,
        "minutes": 20,
    }
    base |= {"id": "x" * 32, "patient": "y" * 32, "counter": counter}
    base["program"] = [
        {"name": f"A program with a long name {number:04}", **program} for number in range(8)
    ]
    return prescription.from_toml_dict(base)
