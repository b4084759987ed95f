"""The same table, measured: the real firmware on the emulated chip, UP pressed to the cap, into
each load.

Every number comes from the load's own current (twin.load) and the pins. Session minutes are not
waited for: they are the one thing of the prescription that is changed for the run.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stimcore import limits
from stimcore.ramp import Ramp
from stimcore.strength import STEP_UA

from evenpulse.base.errors import Problem
from evenpulse.connect import bring_up
from evenpulse.emulator import fork
from evenpulse.output_table import compute
from evenpulse.scenario import run_files
from evenpulse.twin.load import Flow
from evenpulse.twin.states import FAULT, RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

CLOCKS_PER_US = 125
_CLOCKS_PER_S = 125_000_000
_PRESS_MS, _PAUSE_MS = 50, 260  # four presses of UP a second count
_UNLOCKED_MS = 3_500  # UP locks 4 s after the last press
_ROUND_MS = 30  # between the session's clock and the pins
_WINDOW_PULSES = 6
_AT_FULL = 0.995  # of the highest current: a pulse of the held amplitude
_TRACE_PULSES = 6

# (name, what is done to the twin, from when its time counts)
EVENTS = (
    ("lead off", "the lead of one channel comes off at the cap", "the first pulse without it"),
    ("short", "the electrodes of one channel touch (0 Ω) at the cap", "the first pulse into it"),
    (
        "amplitude stuck",
        "the amplitude line of one channel stays at full scale",
        "the first pulse with it",
    ),
    ("over-current comparator", "the board's comparator pulls INTERLOCK_N", "INTERLOCK_N low"),
    ("STOP", "the patient presses STOP", "the button"),
    ("USB", "USB power comes", "the plug"),
)
_BY_PULSE = {"lead off", "short", "amplitude stuck"}


@dataclass(frozen=True)
class Measured:
    """One channel of one program into one load. `trace`: (begin, end, mA) in us of flows from
    the first pulse shown.
    """

    channel: int
    ohm: int
    values: dict[str, float]
    pulses: int
    worst_clocks: int
    trip: compute.Trip | None = None  # what ended the run
    own_trip: bool = False  # this channel's current was the reason
    trip_us: float | None = None  # from the start of the pulse that showed it to the outputs off
    trace: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True)
class Event:
    """What followed one event at the cap: the reason the device gave (None: it went on), and how
    fast the outputs were off.
    """

    name: str
    reason: str | None
    off_us: float | None


@dataclass(frozen=True)
class Pulse:
    """One whole pulse as it flowed."""

    a: Flow
    b: Flow


class Bench:
    """A twin at READY that holds the prescription. `program(number)` gives what each channel
    measured at each load.
    """

    def __init__(self, rx: dict, board_name: str):
        self._rx = _without_end(rx)
        self._twin = bring_up.switch_on(bring_up.prescribed(bring_up.new(board_name), self._rx))

    def program(self, number: int, events: bool) -> tuple[list[Measured], list[Event]]:
        """Play one program (from 0) into every load; with `events` also what follows each event
        at the cap, into the first load.
        """
        results = fork.each(
            compute.LOADS_OHM,
            lambda ohm: _Run(self._twin, self._rx, number, ohm).told(
                events and ohm == compute.LOADS_OHM[0]
            ),
        )
        for told in results:
            if told is None or "problem" in told:
                raise Problem(
                    f"program {number + 1} could not be measured on the twin",
                    seen=told["problem"] if told else "its run died",
                    do_next="leave --measure out, or play it: evenpulse twin run",
                )
        rows = [_read(one) for told in results for one in told["channels"]]
        return rows, [Event(**one) for told in results for one in told["events"]]


def _without_end(rx: dict) -> dict:
    """The prescription for this run: for any device, and long enough for every amplitude to be
    reached.
    """
    longest_s = limits.RANGES["session_s"][1]
    programs = [{**program, "session_s": longest_s} for program in rx["programs"]]
    return {
        **rx,
        "device": "*",
        "caps": {**rx["caps"], "session_s": longest_s},
        "programs": programs,
    }


def _read(told: dict) -> Measured:
    trip = compute.Trip(**told.pop("trip")) if told["trip"] else told.pop("trip")
    return Measured(trip=trip, **told)


class _Run:
    """One program into one load, in a copy of the process: what it changes in the twin stays in
    the copy.
    """

    def __init__(self, twin: Twin, rx: dict, number: int, ohm: int):
        self._twin, self._ohm, self._board = twin, ohm, twin.board
        self._program = rx["programs"][number]
        self._number = number
        self._caps = {n: rx["caps"][f"ch{n}_ua"] for n in self._program["channels"]}
        self._area_cm2 = compute.area_mm2(rx, twin.board) / 100
        self._cycle = compute.cycle(self._program)

    def told(self, events: bool) -> dict:
        """Plain data for the way back through a pipe. A problem goes the same way: its text."""
        try:
            self._start()
        except Problem as problem:
            return {"problem": problem.what}
        self._raise()
        self._hold()
        channels = [self._channel(n) for n in self._program["channels"]]
        events = events and self._twin.state == RUNNING
        return {
            "channels": channels,
            "events": fork.each([name for name, *_ in EVENTS], self._event, 1) if events else [],
        }

    # --- playing -------------------------------------------------------------------------------

    def _start(self) -> None:
        twin = self._twin
        bring_up.press(twin, "SELECT", self._number, _PRESS_MS, _PAUSE_MS - _PRESS_MS)
        for channel, electrode in zip(twin.world.channels, twin.electrodes, strict=True):
            electrode.series_ohm = float(self._ohm)
            channel.flows = []
        bring_up.hold_start(twin)
        if self._program.get("trigger"):
            twin.run_ms(_PAUSE_MS)
            twin.chip.pads.switch(twin.world.gpio("TRIG_IN"), twin.world.active("TRIG_IN"))
        self._began = twin.now

    def _raise(self) -> None:
        """UP to the highest cap, or to a trip. Where one is to be expected, a pulse is awaited
        after each press.
        """
        cap_ua = max(self._caps.values())
        expected = compute.trip(cap_ua, self._ohm, self._board)
        careful_ua = 1_000 * expected.asked_ma - 2 * STEP_UA if expected else cap_ua
        longest_ms = max(one.step_us for one in self._cycle) / 1_000
        asked_ua = 0
        while asked_ua < cap_ua and self._twin.state == RUNNING:
            self._await_flow()
            self._twin.press("UP", _PRESS_MS)
            self._twin.run_ms(_PAUSE_MS)
            if asked_ua >= careful_ua:
                self._run_ms(min(_UNLOCKED_MS, longest_ms))
            asked_ua += STEP_UA

    def _await_flow(self) -> None:
        """An UP counts only while pulses are felt: with on and off, only in the on time, and not
        right at its beginning.
        """
        envelope = Ramp(self._program)
        while (
            envelope.pulsates
            and self._twin.state == RUNNING
            and not (
                envelope.permille(self._ms() - _PAUSE_MS)
                and envelope.permille(self._ms() + _PAUSE_MS)
            )
        ):
            self._twin.run_ms(_ROUND_MS)

    def _hold(self) -> None:
        """Until the amplitude has been held for long enough to measure: at the full share of the
        envelope.
        """
        window_ms = self._window_ms()
        envelope, program = Ramp(self._program), self._program
        self._run_ms(2 * _PAUSE_MS)
        if envelope.pulsates:
            full_ms = (
                program["on_ms"] - program.get("ramp_up_ms", 0) - program.get("ramp_down_ms", 0)
            )
            window_ms = min(window_ms, full_ms)
            cycle_ms = program["on_ms"] + program["off_ms"]
            into_ms = (self._ms() - program.get("ramp_up_ms", 0)) % cycle_ms
            if into_ms + window_ms > full_ms:
                self._run_ms(cycle_ms - into_ms)
        elif self._ms() < program.get("ramp_up_ms", 0):
            self._run_ms(program["ramp_up_ms"] - self._ms())
        self._run_ms(window_ms + 2 * _ROUND_MS)

    def _ms(self) -> float:
        """Since the trains began."""
        return (self._twin.now - self._began) / CLOCKS_PER_MS

    def _window_ms(self) -> float:
        whole_ms = sum(one.step_us for one in self._cycle) / 1_000
        return (
            1.1 * whole_ms
            if "sweep" in self._program
            else (_WINDOW_PULSES if len(self._cycle) == 1 else 2.1) * whole_ms
        )

    def _run_ms(self, milliseconds: float) -> None:
        """Run, but not beyond a fault."""
        self._twin.run_until(lambda: self._twin.state == FAULT, milliseconds, 5)

    # --- what came of it -----------------------------------------------------------------------

    def _channel(self, number: int) -> dict:
        flows = self._twin.world.channels[number - 1].flows or []
        pulses = _whole(flows)
        peak_ua = max((one.peak_ua for one in flows), default=0.0)
        held = self._held(pulses, _AT_FULL * peak_ua)
        values = self._values(held, peak_ua)
        trace = self._trace(held) if "phase_us" in values else []
        return {
            "channel": number,
            "ohm": self._ohm,
            "pulses": len(pulses),
            "worst_clocks": self._worst_clocks(number, pulses),
            "values": values,
            "trace": trace,
            **self._trip(number, flows),
        }

    def _held(self, pulses: list[Pulse], least_ua: float) -> list[Pulse]:
        """The longest stretch of pulses at the full current, and at the full phase duration
        where that is not to change.
        """
        longest = max((one.a.end - one.a.begin for one in pulses), default=0)
        best: list[Pulse] = []
        stretch: list[Pulse] = []
        for one in pulses:
            full = min(one.a.peak_ua, one.b.peak_ua) >= least_ua > 0 and (
                "sweep" in self._program or one.a.end - one.a.begin == longest
            )
            stretch = [*stretch, one] if full else []
            best = max(best, stretch, key=len)
        return best

    def _trip(self, number: int, flows: list[Flow]) -> dict:
        """What ended the run, whether this channel's last pulse shows it, and how long after
        that pulse began.
        """
        trips = run_files.trips(self._twin)
        if not trips:
            return {"trip": None}
        last = [one for one in flows if one.sign > 0][-1]
        gpio = self._twin.world.gpio(f"CH{number}_AMP")
        duties = [
            duty
            for clock, pin, duty in self._twin.world.duties
            if pin == gpio and clock <= last.begin
        ]
        asked_ua = duties[-1] * self._board["FULL_SCALE_UA"] if duties else 0.0
        reason, off = trips[0]["reason"], trips[0]["cut_clock"]
        own = reason != "lead_off" or last.peak_ua < asked_ua / 2
        return {
            "trip": {"reason": reason, "asked_ma": asked_ua / 1_000},
            "own_trip": own,
            "trip_us": (off - last.begin) / CLOCKS_PER_US,
        }

    def _worst_clocks(self, number: int, pulses: list[Pulse]) -> int:
        """Largest difference of any phase, gap or period of the run from the train that was
        prescribed, and of its offset.
        """
        worst = 0
        gap = self._program["gap_us"] * CLOCKS_PER_US
        wanted = compute.timings(self._program, len(pulses))
        for index, (one, timing) in enumerate(zip(pulses, wanted, strict=True)):
            phase = timing.phase_us * CLOCKS_PER_US
            errors = [
                one.a.end - one.a.begin - phase,
                one.b.begin - one.a.end - gap,
                one.b.end - one.b.begin - phase,
            ]
            if index + 1 < len(pulses):
                errors.append(
                    pulses[index + 1].a.begin - one.a.begin - timing.step_us * CLOCKS_PER_US
                )
            worst = max(worst, *map(abs, errors))
        first = self._program["channels"][0]
        if number != first and pulses:
            apart = pulses[0].a.begin - self._twin.world.channels[first - 1].flows[0].begin
            worst = max(worst, abs(apart - self._program.get("offset_us", 0) * CLOCKS_PER_US))
        return worst

    def _values(self, held: list[Pulse], peak_ua: float) -> dict[str, float]:
        """The table's values that this run has shown; a sweep that it did not see whole has no
        maximum.
        """
        peak_ma = peak_ua / 1_000
        values = {"peak_ma": peak_ma, "peak_v": peak_ma * self._ohm / 1_000}
        span_us = (held[-1].a.begin - held[0].a.begin) / CLOCKS_PER_US if held else 0
        if span_us < sum(one.step_us for one in self._cycle):
            return values
        nets = [one.a.nc - one.b.nc for one in held]
        steps = [
            after.a.begin - before.a.begin for before, after in zip(held, held[1:], strict=False)
        ]
        rate, busy = self._busiest(held, steps)
        charge_nc, square = busy.a.nc + busy.b.nc, _square(busy)
        rms_ma = math.sqrt(square * rate)
        values.update(
            {
                "phase_us": max(one.end - one.begin for pulse in held for one in (pulse.a, pulse.b))
                / CLOCKS_PER_US,
                "gap_us": max(one.b.begin - one.a.end for one in held) / CLOCKS_PER_US,
                "rate_pps": _CLOCKS_PER_S / min(steps),
                "phase_uc": max(max(one.a.nc, one.b.nc) for one in held) / 1_000,
                "net_nc": max(nets, key=abs),
                "net_ua": max(map(abs, nets)) * rate / 1_000,
                "rms_ma": rms_ma,
                "average_ma": charge_nc * rate / 1e6,
                "density_ma_cm2": rms_ma / self._area_cm2,
                "power_w_cm2": (rms_ma / 1_000) ** 2 * self._ohm / self._area_cm2,
                "energy_mj": max(map(_square, held)) * 1e-6 * self._ohm * 1_000,
            }
        )
        return values

    def _busiest(self, held: list[Pulse], steps: list[int]) -> tuple[float, Pulse]:
        """(pulses a second, such a pulse) of the busiest second that was seen."""
        if "sweep" in self._program:
            index = max(range(len(steps)), key=lambda i: held[i].a.nc / steps[i])
            return _CLOCKS_PER_S / steps[index], held[index]
        strongest = max(held, key=lambda one: one.a.nc)
        if "burst" not in self._program:
            return _CLOCKS_PER_S * len(steps) / sum(steps), strongest
        pulses = self._program["burst"]["pulses"]
        bursts = [held[i + pulses].a.begin - held[i].a.begin for i in range(len(held) - pulses)]
        return min(
            _CLOCKS_PER_S / min(steps), pulses * max(_CLOCKS_PER_S / min(bursts), 1.0)
        ), strongest

    def _trace(self, held: list[Pulse]) -> list[list[float]]:
        """Flows of a few pulses, for a picture: from the longest phase of a sweep, from the
        first pulse of a burst.
        """
        first, count = 0, _TRACE_PULSES
        if "sweep" in self._program:
            first = max(range(len(held)), key=lambda i: held[i].a.end - held[i].a.begin, default=0)
        elif "burst" in self._program:
            steps = [
                after.a.begin - before.a.begin
                for before, after in zip(held, held[1:], strict=False)
            ]
            first = steps.index(max(steps)) + 1 if steps else 0
            count = self._program["burst"]["pulses"] + 2
        shown = held[first : first + count]
        return [
            [
                (one.begin - shown[0].a.begin) / CLOCKS_PER_US,
                (one.end - shown[0].a.begin) / CLOCKS_PER_US,
                one.sign * one.nc / (one.end - one.begin) * CLOCKS_PER_US,
            ]
            for pulse in shown
            for one in (pulse.a, pulse.b)
        ]

    # --- events --------------------------------------------------------------------------------

    def _event(self, name: str) -> dict:
        """What follows one event on the first channel."""
        twin, number = self._twin, self._program["channels"][0]
        at, known = twin.now, len(run_files.trips(twin))
        _DO[name](twin, number)
        limit_ms = (
            500
            + 2 * sum(one.step_us for one in self._cycle) / 1_000
            + self._program.get("off_ms", 0)
        )
        self._run_ms(limit_ms)
        twin.run_ms(5)
        trips = run_files.trips(twin)[known:]
        if not trips or trips[0]["cut_clock"] is None:
            return {"name": name, "reason": None, "off_us": None}
        since = at
        if name in _BY_PULSE:
            rises = [
                clock
                for clock, gpio, level in twin.edges
                if gpio == twin.world.gpio(f"CH{number}_A") and level and clock >= at
            ]
            since = rises[0] if rises else at
        return {
            "name": name,
            "reason": trips[0]["reason"],
            "off_us": (trips[0]["cut_clock"] - since) / CLOCKS_PER_US,
        }


_DO: dict[str, Callable[[Twin, int], None]] = {
    "lead off": lambda twin, number: twin.world.change_electrode(number - 1, open=True),
    "short": lambda twin, number: twin.world.change_electrode(number - 1, series_ohm=0.0),
    "amplitude stuck": lambda twin, number: twin.stick(f"CH{number}_AMP"),
    "over-current comparator": lambda twin, number: twin.overcurrent(),
    "STOP": lambda twin, number: twin.press("STOP"),
    "USB": lambda twin, number: twin.plug(True),
}


def _whole(flows: Iterable[Flow]) -> list[Pulse]:
    """Whole pulses; one that was cut, or is under way, is none."""
    pulses, a = [], None
    for one in flows:
        if one.sign > 0:
            a = one
        elif a is not None:
            pulses.append(Pulse(a, one))
            a = None
    return pulses


def _square(pulse: Pulse) -> float:
    """Time integral of the squared current of one pulse, in mA² s; the current of a phase into a
    resistor is constant.
    """
    return sum(
        (one.nc / (one.end - one.begin) * CLOCKS_PER_US) ** 2
        * (one.end - one.begin)
        / _CLOCKS_PER_S
        for one in (pulse.a, pulse.b)
    )
