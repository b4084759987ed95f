"""One case: a fault put into a copy of a running session at a random clock, what followed, and the verdict on it."""

import random
import time
from dataclasses import asdict

from evenpulse.faults import judge, layers
from evenpulse.faults.ablation import Removed
from evenpulse.faults.inject import Bench
from evenpulse.faults.situations import READY, SITUATIONS, press
from evenpulse.faults.table import DECK, FIRMWARE, Fault
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

_WAIT_MS = 250  # most time before the fault
_LOOK_MS = 1_050  # after it: more than the watchdog's time and a boot, and a full second of output
_STOP_HELD_MS, _STOP_LOOK_MS = 100, 140
_BOOT_MS, _START_MS, _START_HOLD_MS = 1_500, 1_500, 1_000
_SLICE_MS = 5
_ROUND_CLOCKS = 10 * CLOCKS_PER_MS
CPU_S = 40  # beyond that the emulator is stepping a machine that polls at full clock
_ROLES = (*judge.LEGS, "HV_EN")
OUTCOMES = ("safe-stopped", "safe-harmless", "unsafe", "undecided")


class TooSlow(Exception):
    """The emulated chip does so much that the case would not end."""


def spec(seed: int, number: int) -> tuple[Fault, int, random.Random]:
    """Fault, situation and random numbers of case `number`: they depend on nothing but the two arguments."""
    rng = random.Random(f"{seed}:{number}")
    return DECK[number % len(DECK)], rng.randrange(len(SITUATIONS)), rng


class Case:
    """Runs on a twin that is in RUNNING and is used up by it."""

    def __init__(self, twin: Twin, seed: int, number: int, symbols: dict[str, tuple[int, int]], removed: Removed | None = None):
        self.seed, self.number = seed, number
        self.fault, self.situation, self._rng = spec(seed, number)
        self.rx = SITUATIONS[self.situation].prescription()
        self.twin, self._removed = twin, removed
        self._bench = Bench(twin, self._rng, symbols, SITUATIONS[self.situation].channels)
        self._offset = 0  # clocks of earlier lives
        self._lives_edges: list = []
        self._flows: dict[int, list] = {}
        self._watchers: list[layers.Watcher] = []
        self._states: list = []
        self._cycles: list[int] = []  # clocks at which the power came back
        self._stop: int | None = None
        self._started: int | None = None
        self._ends_at_cpu_s = time.process_time() + CPU_S

    def run(self) -> dict:
        """What faults.json says of it."""
        twin = self.twin
        self._attach()
        begin, levels = twin.now, self._levels()
        self._first_edge = len(twin.edges)
        self._walk_to_the_clock()
        if self.fault.awake:
            self._walk_until_awake()
        self._fault_clock = twin.now
        if self._removed:
            self._removed.before(twin, self.fault)
        if self.fault.through == FIRMWARE:
            twin.chip.lock_up_on_hard_faults()
        parameters = self.fault.inject(self._bench)
        undecided = None
        try:
            self._look()
        except TooSlow as slow:
            undecided = str(slow)
        self._take_life()
        record = judge.Record(
            levels, self._lives_edges, self._flows, begin, self._fault_clock, self._now,
            [clock for watcher in self._watchers for clock, _ in watcher.resets] + self._cycles, self._stop, self._started)
        return self._told(record, parameters, undecided)

    # --- time ----------------------------------------------------------------------------------

    @property
    def _now(self) -> int:
        return self.twin.now + self._offset

    def _attach(self) -> None:
        """Listen to a new life."""
        self._watchers.append(layers.Watcher(self.twin, self._offset))
        for channel in self.twin.world.channels:
            channel.flows = []
        self._first_edge = 0

    def _take_life(self) -> None:
        """Keep what this life left."""
        names = {self.twin.world.gpio(role): role for role in _ROLES}
        self._lives_edges += [(c + self._offset, names[g], level) for c, g, level in self.twin.edges[self._first_edge:] if g in names]
        for number, channel in enumerate(self.twin.world.channels, 1):
            channel.set_drive(self.twin.now, 0, 0)
            moved = [f._replace(begin=f.begin + self._offset, end=f.end + self._offset) for f in channel.flows or ()]
            self._flows.setdefault(number, []).extend(moved)
        self._states += [(clock + self._offset, word) for clock, word in self.twin.states]

    def _levels(self) -> dict[str, int]:
        return {role: self.twin.chip.pads.levels[self.twin.world.gpio(role)] for role in _ROLES}

    def _walk_to_the_clock(self) -> None:
        """Anywhere in time, or (as often) anywhere in the neighbourhood of a pulse."""
        rng, loop = self._rng, self.twin.chip.loop
        loop.run_to(loop.now + rng.randrange(_WAIT_MS * CLOCKS_PER_MS))
        if rng.random() < 0.5:
            channel = rng.choice(SITUATIONS[self.situation].channels)
            leg = self.twin.world.gpio(f"CH{channel}_A")
            hit: list[int] = []

            def _on_edge(clock: int, gpio: int, level: int) -> None:
                if gpio == leg and level and not hit:
                    hit.append(clock)
                    loop.stop = True

            self.twin.chip.pads.on_edge.append(_on_edge)
            loop.run_to(loop.now + 1_000 * CLOCKS_PER_MS)
            self.twin.chip.pads.on_edge.remove(_on_edge)
            loop.run_to(max(loop.now, hit[0] + rng.randrange(1, 2 * self.rx.pulse_clocks)))

    def _walk_until_awake(self) -> None:
        """To a clock at which the core executes, anywhere in a round of the firmware."""
        chip = self.twin.chip
        chip.loop.run_to(chip.loop.now + self._rng.randrange(_ROUND_CLOCKS))
        while chip.rp2040.core.waiting:
            chip.loop.run_to(chip.loop.now + self._rng.randrange(1, _ROUND_CLOCKS // 100))

    def _run(self, milliseconds: float) -> None:
        """In slices, so that a chip which does too much is noticed. What no core survives is a lock-up, as on the chip."""
        end = self.twin.now + round(milliseconds * CLOCKS_PER_MS)
        while self.twin.now < end:
            if time.process_time() > self._ends_at_cpu_s:
                raise TooSlow(f"{(self._now - self._fault_clock) / CLOCKS_PER_MS:.0f} ms after the fault in {CPU_S} s")
            if self._removed:
                self._removed.during(self.twin)
            try:
                self.twin.run_to(min(end, self.twin.now + _SLICE_MS * CLOCKS_PER_MS))
            except (IndexError, ValueError, OverflowError, KeyError, TypeError, AttributeError) as error:
                self.twin.chip.notes.warning("faults", f"the emulated core cannot go on: {error!r}")
                self.twin.chip.loop.frozen = True

    def _look(self) -> None:
        if self._bench.wants_power_cycle_ms is not None:
            self._cycle_power(self._bench.wants_power_cycle_ms)
            return
        self._run(_LOOK_MS)
        if self._alive():
            self._stop = self._now
            self.twin.press("STOP", _STOP_HELD_MS)
            self._run(_STOP_LOOK_MS)

    def _alive(self) -> bool:
        levels = self._levels()
        return bool(levels["HV_EN"])

    def _cycle_power(self, off_ms: float) -> None:
        """The chip's life ends; the next one begins with the same flash, and maybe with a person holding START."""
        self._take_life()
        end = self._now
        for role, level in self._levels().items():
            if level:
                self._lives_edges.append((end, role, 0))
        self.twin.power_off()
        self.twin.power_on(usb=False)
        self._offset = end + round(off_ms * CLOCKS_PER_MS)
        self._cycles.append(self._offset)
        self._attach()
        if not self._bench.presses_start:
            self._run(_LOOK_MS)
            return
        self._run_to_ready()
        press(self.twin, "SELECT", self.situation)
        self._started = self._now + _START_HOLD_MS * CLOCKS_PER_MS
        self.twin.press("START", _START_HOLD_MS + 100)
        self._run(_START_MS)

    def _run_to_ready(self) -> None:
        end = self.twin.now + _BOOT_MS * CLOCKS_PER_MS
        while self.twin.state != READY and self.twin.now < end:
            self._run(_SLICE_MS)

    # --- telling --------------------------------------------------------------------------------

    def _told(self, record: judge.Record, parameters: dict, undecided: str | None) -> dict:
        fault = self.fault
        demand = judge.Demand(fault.must_stop, fault.by_pulse, fault.pulses, frozenset(fault.stuck))
        verdict = judge.judge(record, self.rx, demand)
        falls = [fall for watcher in self._watchers for fall in watcher.falls]
        resets = [reset for watcher in self._watchers for reset in watcher.resets]
        hand = next((c for c in (record.stop, record.started) if c is not None), record.end)
        last = max((flow.end for flows in record.flows.values() for flow in flows if flow.end <= hand), default=0)
        silent = verdict.off is None and hand - last > 700 * CLOCKS_PER_MS
        reason = layers.reason_after(self._states, record.fault)
        which = layers.layer(falls, resets, verdict.off, silent)
        outcome = "unsafe" if verdict.unsafe else "safe-harmless" if verdict.off is None and not silent else "safe-stopped"
        if undecided and not verdict.unsafe:
            outcome = "undecided"
        off_us = None if verdict.off is None else (verdict.off - record.fault) / judge.CLOCKS_PER_US
        return {
            "case": self.number, "seed": self.seed, "fault": fault.name, "situation": SITUATIONS[self.situation].name,
            "parameters": parameters, "clock": record.fault, "outcome": outcome, "layer": which, "off_us": off_us,
            "reason": reason, "undecided": undecided,
            "unsafe": [asdict(finding) | {"after_us": (finding.clock - record.fault) / judge.CLOCKS_PER_US} for finding in verdict.unsafe],
            "longest_us": verdict.longest_us, "both_legs_us": verdict.both_legs_us, "phase_nc": round(verdict.phase_nc, 1),
            "net_nc": round(verdict.net_nc, 1), "struck_nc": round(verdict.struck_nc, 1), "peak_ua": round(verdict.peak_ua), "resets": len(resets),
        }
