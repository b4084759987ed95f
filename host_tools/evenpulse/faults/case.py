"""One case: a fault, or a latent one and an acute one, put into a copy of a session at a random
clock, what followed, and the verdict.
"""

import time

from evenpulse.faults import judge, layers
from evenpulse.faults.ablation import Removed
from evenpulse.faults.case_spec import by_hand, prescribed, spec
from evenpulse.faults.case_told import Left, Struck
from evenpulse.faults.inject import Bench, NothingToHit
from evenpulse.faults.shown import Shown
from evenpulse.faults.situations import SITUATIONS, press
from evenpulse.faults.table import FIRMWARE, Fault
from evenpulse.twin.states import READY
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

# A latent fault and the acute one
_BETWEEN_MS = (20, 250)
_BOOT_MS, _START_MS, _START_HOLD_MS = 1_500, 1_500, 1_000
_LOOK_MS = 1_050
_SLICE_MS = 5
_ROUND_CLOCKS = 10 * CLOCKS_PER_MS
_AWAKE_TRIES = 1_000
# Beyond that the emulator is stepping a machine that polls at full clock
CPU_S = 40
_ROLES = (*judge.LEGS, "HV_EN")


class TooSlow(Exception):
    """The emulated chip does so much that the case would not end."""


class Case:
    """Runs on a twin that is in the stage's base state and is used up by it."""

    def __init__(
        self,
        twin: Twin,
        seed: int,
        number: int,
        symbols: dict[str, tuple[int, int]],
        removed: Removed | None = None,
    ):
        self.seed, self.number = seed, number
        self.spec, self.rng = spec(seed, number, removed is not None)
        self.situation, self._stage = self.spec.situation, self.spec.stage
        self.rx = prescribed(self.spec, self.situation)
        # Where a hand may choose another program
        self._shown = Shown(twin) if by_hand(self.spec) else None
        self.twin, self._removed = twin, removed
        self._bench = Bench(twin, self.rng, symbols, SITUATIONS[self.situation].channels)
        # Clocks of earlier lives
        self._offset = 0
        self._lives_edges: list = []
        self._flows: dict[int, list] = {}
        self._watchers: list[layers.Watcher] = []
        self._states: list = []
        # Clocks at which the power came back
        self._cycles: list[int] = []
        self._struck: list[Struck] = []
        self.stop: int | None = None
        self.started: int | None = None
        self.over: int | None = None
        self.asked: int | None = None
        self.risen = 0
        self._ends_at_cpu_s = time.process_time() + CPU_S

    def run(self) -> dict:
        """What faults.json says of it."""
        self.attach()
        self._begin, self._first_levels = self.now, self._levels()
        self._first_edge = len(self.twin.edges)
        undecided = None
        try:
            self._stage.walk(self)
            for fault in self.spec.faults:
                self._strike(fault)
            self._after()
        except TooSlow as slow:
            undecided = str(slow)
        self._take_life()
        self.rx = self._seen_to_be_chosen()
        return self._told(undecided)

    def _seen_to_be_chosen(self) -> judge.Prescription:
        """What it is judged by: the program that was planned; where a hand was at the buttons in
        READY, the one that the screen then named.
        """
        chosen = self._shown.situation() if self._shown else None
        return self.rx if chosen is None else prescribed(self.spec, chosen)

    # --- time ----------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self.twin.now + self._offset

    def attach(self) -> None:
        """Listen to a new life."""
        self._watchers.append(layers.Watcher(self.twin, self._offset))
        if self._shown:
            self._shown.listen()
        for channel in self.twin.world.channels:
            channel.flows = []
        self._first_edge = 0
        self._begin, self._first_levels = (
            (self.now, self._levels())
            if not self._lives_edges
            else (self._begin, self._first_levels)
        )

    def _take_life(self) -> None:
        """Keep what this life left."""
        names = {self.twin.world.gpio(role): role for role in _ROLES}
        self._lives_edges += [
            (c + self._offset, names[g], level)
            for c, g, level in self.twin.edges[self._first_edge :]
            if g in names
        ]
        for number, channel in enumerate(self.twin.world.channels, 1):
            channel.set_drive(self.twin.now, 0, 0)
            moved = [
                f._replace(begin=f.begin + self._offset, end=f.end + self._offset)
                for f in channel.flows or ()
            ]
            self._flows.setdefault(number, []).extend(moved)
        self._states += [(clock + self._offset, word) for clock, word in self.twin.states]

    def _levels(self) -> dict[str, int]:
        return {role: self.twin.chip.pads.levels[self.twin.world.gpio(role)] for role in _ROLES}

    def run_until_high(self, role: str, limit_ms: float) -> bool:
        """To the very clock at which a pin rises, which is then `risen`."""
        loop, gpio = self.twin.chip.loop, self.twin.world.gpio(role)
        hit: list[int] = []

        def _on_edge(clock: int, pin: int, level: int) -> None:
            if pin == gpio and level and not hit:
                hit.append(clock)
                loop.stop = True

        self.twin.chip.pads.on_edge.append(_on_edge)
        end = self.twin.now + round(limit_ms * CLOCKS_PER_MS)
        while not hit and self.twin.now < end:
            self.twin.run_to(min(end, self.twin.now + _SLICE_MS * CLOCKS_PER_MS))
        self.twin.chip.pads.on_edge.remove(_on_edge)
        self.risen = hit[0] if hit else 0
        return bool(hit)

    def _strike(self, fault: Fault) -> None:
        """The second one some time after the first."""
        if self._struck:
            self.run_ms(self.rng.uniform(*_BETWEEN_MS))
        if fault.awake:
            self._walk_until_awake()
        if self._removed:
            self._removed.before(self.twin, fault)
        if fault.through == FIRMWARE:
            self.twin.chip.lock_up_on_hard_faults()
        clock = self.now
        try:
            self._struck.append(Struck(clock, fault, fault.inject(self._bench), True))
        except NothingToHit:
            self._struck.append(Struck(clock, fault, {"nothing": "to hit"}, False))

    def _walk_until_awake(self) -> None:
        """To a clock at which the core executes, anywhere in a round of the firmware; as it is
        when it never wakes.
        """
        chip = self.twin.chip
        chip.loop.run_to(chip.loop.now + self.rng.randrange(_ROUND_CLOCKS))
        for _ in range(_AWAKE_TRIES):
            if not chip.rp2040.core.waiting:
                return
            chip.loop.run_to(chip.loop.now + self.rng.randrange(1, _ROUND_CLOCKS // 100))

    def run_ms(self, milliseconds: float) -> None:
        """In slices, so that a chip which does too much is noticed. What no core survives is a
        lock-up, as on the chip.
        """
        end = self.twin.now + round(milliseconds * CLOCKS_PER_MS)
        while self.twin.now < end:
            if time.process_time() > self._ends_at_cpu_s:
                raise TooSlow(f"{(self.now - self._begin) / CLOCKS_PER_MS:.0f} ms in {CPU_S} s")
            if self._removed:
                self._removed.during(self.twin)
            try:
                self.twin.run_to(min(end, self.twin.now + _SLICE_MS * CLOCKS_PER_MS))
            except (
                IndexError,
                ValueError,
                OverflowError,
                KeyError,
                TypeError,
                AttributeError,
            ) as error:
                self.twin.chip.notes.warning("faults", f"the emulated core cannot go on: {error!r}")
                self.twin.chip.hold_core("cannot go on")

    def _after(self) -> None:
        if self._bench.wants_power_cycle_ms is not None:
            self._cycle_power(self._bench.wants_power_cycle_ms)
        else:
            self._stage.after(self)

    def alive(self) -> bool:
        return bool(self._levels()["HV_EN"])

    def _cycle_power(self, off_ms: float) -> None:
        """The chip's life ends; the next one begins with the same flash, and maybe with a person
        holding START.
        """
        self._take_life()
        end = self.now
        for role, level in self._levels().items():
            if level:
                self._lives_edges.append((end, role, 0))
        self.twin.power_off()
        self.twin.power_on(usb=False)
        self._offset = end + round(off_ms * CLOCKS_PER_MS)
        self._cycles.append(self._offset)
        self.attach()
        if not self._bench.presses_start:
            self.run_ms(_LOOK_MS)
            return
        self.run_until_ready()
        press(self.twin, "SELECT", self.situation)
        self.started = self.now + _START_HOLD_MS * CLOCKS_PER_MS
        self.twin.press("START", _START_HOLD_MS + 100)
        self.run_ms(_START_MS)

    def run_until_ready(self) -> None:
        end = self.twin.now + _BOOT_MS * CLOCKS_PER_MS
        while self.twin.state != READY and self.twin.now < end:
            self.run_ms(_SLICE_MS)

    def _told(self, undecided: str | None) -> dict:
        """What it was, what it left behind, and what is to be said of that."""
        left = Left(
            self._begin,
            self.now,
            self._first_levels,
            self._lives_edges,
            self._flows,
            self._states,
            self._watchers,
            self._cycles,
            self._struck,
            self.stop,
            self.started,
            self.over,
            self.asked,
        )
        return {
            "case": self.number,
            "seed": self.seed,
            "fault": self.spec.name,
            "after": self.spec.faults[0].name if len(self.spec.faults) > 1 else None,
            "stage": self._stage.name,
            "situation": SITUATIONS[self.situation].name,
            **left.told(self.rx, undecided),
        }
