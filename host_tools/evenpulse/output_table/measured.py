"""The same table, measured: the real firmware on the emulated chip, UP pressed to the cap, into
each load.

Every number comes from the load's own current (twin.load) and the pins. Session minutes are not
waited for: they are the one thing of the prescription that is changed for the run.
"""

from collections.abc import Callable

from stimcore import limits
from stimcore.ramp import Ramp
from stimcore.strength import STEP_UA

from evenpulse.base.errors import Problem
from evenpulse.connect import bring_up
from evenpulse.emulator import fork
from evenpulse.output_table import compute
from evenpulse.output_table.figures import Figures
from evenpulse.output_table.results import EVENTS, Event, Measured
from evenpulse.scenario import run_files
from evenpulse.twin.load import Flow
from evenpulse.twin.states import FAULT, RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin
from evenpulse.twin.waveform import CLOCKS_PER_US

# Four presses of UP a second count
_PRESS_MS, _PAUSE_MS = 50, 260
# UP locks 4 s after the last press
_UNLOCKED_MS = 3_500
# Between the session's clock and the pins
_ROUND_MS = 30
_WINDOW_PULSES = 6

_BY_PULSE = {"lead off", "short", "amplitude stuck"}


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
        figures = Figures(self._program, self._ohm, self._area_cm2, flows)
        first = self._program["channels"][0]
        other = self._twin.world.channels[first - 1].flows if number != first else None
        values = figures.values()
        return {
            "channel": number,
            "ohm": self._ohm,
            "pulses": len(figures.pulses),
            "worst_clocks": figures.worst_clocks(other[0].begin if other else None),
            "values": values,
            **self._trace(number, figures, values),
            **self._trip(number, flows),
        }

    def _trace(self, number: int, figures: Figures, values: dict) -> dict:
        if "phase_us" not in values:
            return {"trace": []}
        asked_ma = self._asked_ua(number, figures.trace_clock()) / 1_000
        return {"trace": figures.trace(), "asked_ma": asked_ma}

    def _asked_ua(self, number: int, clock: int) -> float:
        """What the amplitude asked for at a clock."""
        gpio = self._twin.world.gpio(f"CH{number}_AMP")
        duties = [duty for at, pin, duty in self._twin.world.duties if pin == gpio and at <= clock]
        return duties[-1] * self._board["FULL_SCALE_UA"] if duties else 0.0

    def _trip(self, number: int, flows: list[Flow]) -> dict:
        """What ended the run, whether this channel's last pulse shows it, and how long after
        that pulse began.
        """
        trips = run_files.trips(self._twin)
        if not trips:
            return {"trip": None}
        last = [one for one in flows if one.sign > 0][-1]
        asked_ua = self._asked_ua(number, last.begin)
        reason, off = trips[0]["reason"], trips[0]["cut_clock"]
        own = reason != "lead_off" or last.peak_ua < asked_ua / 2
        return {
            "trip": {"reason": reason, "asked_ma": asked_ua / 1_000},
            "own_trip": own,
            "trip_us": (off - last.begin) / CLOCKS_PER_US,
        }

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
