"""Plays a scenario: prescribes over the link, power-cycles with USB unplugged, does every event at
its clock, measures.
"""

import hashlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from evenpulse.connect import bring_up
from evenpulse.emulator import crash
from evenpulse.prescription import file as prescription
from evenpulse.scenario import run_files
from evenpulse.scenario.events import EVENTS, Event
from evenpulse.scenario.file import Scenario, read
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

# Of a channel's load: the name in a scenario, the electrode's own
LOADS = {"ohm": "series_ohm", "skin_ohm": "skin_ohm", "skin_nf": "skin_nf"}
_SLICE_MS = 20
# After a change of state: long enough for the firmware to have drawn it
_SCREEN_SETTLE_MS = 300


def run(
    path: Path,
    out_dir: Path,
    progress: Callable[[float, float], None] | None = None,
    silicon_time: bool = True,
) -> dict:
    """Play a scenario file and write its outputs into a folder; the summary."""
    return play(read(path), Path(out_dir), progress, silicon_time)


def play(
    scenario: Scenario,
    out_dir: Path,
    progress: Callable[[float, float], None] | None = None,
    silicon_time: bool = True,
) -> dict:
    """Run a scenario, write its files, and give back what summary.json holds."""
    with run_files.folder(out_dir) as folder:
        player = _Player(scenario, progress or (lambda _done, _total: None))
        player.twin.silicon_time = None if silicon_time else False
        player.twin.circuit = scenario.circuit
        player.run()
        return run_files.write_all(folder, player)


def prescribe(twin: Twin, rx: dict) -> tuple[dict, list[str]]:
    """What the device says of itself, and the names of its programs: a prescription is given as
    a clinic would, and it is switched off again.

    Signed with the twin's own key, on the day of issue: the run is the same whatever day it is
    today.
    """
    bring_up.switch_on(twin, usb=True)
    device = bring_up.device(twin)
    info = device.call("info")
    programs = bring_up.prescribe(twin, rx, over=device)["programs"]
    twin.power_off()
    return info, programs


def set_loads(twin: Twin, scenario: Scenario) -> None:
    """The electrodes as the scenario begins with them."""
    for number, electrode in enumerate(twin.electrodes, 1):
        for name, attribute in LOADS.items():
            value = scenario.load.get(f"ch{number}_{name}", getattr(electrode, attribute))
            setattr(electrode, attribute, value)


class _Player:
    """One run. Its outputs need: twin, events, ready_clock, info, programs, screens, wall_s."""

    def __init__(self, scenario: Scenario, progress: Callable[[float, float], None]):
        self.scenario, self._progress = scenario, progress
        self.rx = prescription.read(scenario.prescription, scenario.board)
        self.twin = bring_up.new(scenario.board)
        self.firmware_sha256 = hashlib.sha256(self.twin.firmware.read_bytes()).hexdigest()
        self.symbols = self._needed_symbols()
        set_loads(self.twin, scenario)
        self.loads_ohm = [electrode.series_ohm for electrode in self.twin.electrodes]
        self.screens: list[bytes] = []
        self.info: dict = {}
        self.programs: list[str] = []
        self.ready_clock = 0

    @property
    def events(self) -> list[tuple[int, str]]:
        """(clock, what) of everything that the scenario does."""
        return [(self.ready_clock + event.clock, event.do) for event in self.scenario.events]

    def _needed_symbols(self) -> dict:
        needed = any(EVENTS[event.do].needs_symbols for event in self.scenario.events)
        return crash.symbols(self.twin.firmware.with_suffix(".elf")) if needed else {}

    def run(self) -> None:
        started = time.monotonic()
        self.info, self.programs = prescribe(self.twin, self.rx)
        self._start()
        end = self.ready_clock + self.scenario.until_clock
        while self.twin.now < end:
            self.twin.run_to(min(end, self.twin.now + _SLICE_MS * CLOCKS_PER_MS))
            self._progress(
                (self.twin.now - self.ready_clock) / CLOCKS_PER_MS,
                self.scenario.until_clock / CLOCKS_PER_MS,
            )
        self._snapshot()
        self.wall_s = time.monotonic() - started

    def _start(self) -> None:
        bring_up.switch_on(self.twin)
        self.ready_clock = self.twin.now
        self.twin.on_state = self._on_state
        self._snapshot()
        for event in self.scenario.events:
            self.twin.at(self.ready_clock + event.clock, partial(self._do, event))

    def _on_state(self) -> None:
        self.twin.at(self.twin.now + _SCREEN_SETTLE_MS * CLOCKS_PER_MS, self._snapshot)

    def _snapshot(self) -> None:
        if not self.twin.world.screen:
            return
        pixels = self.twin.world.screen.pixels()
        if not self.screens or self.screens[-1] != pixels:
            self.screens.append(pixels)

    def _do(self, event: Event) -> None:
        EVENTS[event.do].does(self, **event.parameters)
