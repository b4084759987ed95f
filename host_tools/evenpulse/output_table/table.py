"""The output table of a whole prescription: its modes, each computed and, if asked for,
measured; what differs; and the device's facts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stimcore.busy import pulse_us

from evenpulse.base.printable import counted
from evenpulse.base import boards
from evenpulse.base.errors import BadUsage
from evenpulse.output_table import compute, facts, limit_table
from evenpulse.output_table.compute import AtLoad
from evenpulse.output_table.limit_table import Limit
from evenpulse.output_table.results import Event, Measured

if TYPE_CHECKING:
    from evenpulse.output_table.in_circuit import InCircuit, Stage

Progress = Callable[[int, int | None], None]

# Name in AtLoad, what reviewers call it, unit, digits
ROWS = (
    ("peak_ma", "maximum current", "mA", 2),
    ("peak_v", "maximum voltage", "V", 2),
    ("phase_us", "phase duration", "µs", 0),
    ("gap_us", "interphase gap", "µs", 0),
    ("rate_pps", "pulse rate", "pps", 2),
    ("phase_uc", "maximum phase charge", "µC", 3),
    ("net_nc", "net charge per pulse", "nC", 3),
    ("rms_ma", "r.m.s. current, busiest second", "mA", 3),
    ("average_ma", "average absolute current, the same second", "mA", 3),
    ("density_ma_cm2", "maximum r.m.s. current density", "mA/cm²", 4),
    ("power_w_cm2", "maximum power density", "W/cm²", 5),
    ("energy_mj", "energy per pulse", "mJ", 4),
)
NAMES = {row[0]: row for row in ROWS}
_TIMES_US = ("phase_us", "gap_us")
_OF_EVERY_PULSE = ("peak_ma", "peak_v", "gap_us", "net_nc", "net_ua")
_CLOCK_US = 0.008
_SAME = 0.01
# A hundredth of the phase charge again, since what is computed is 0
_NET_NC = 0.01

DISCLAIMER = (
    "Evenpulse is an engineering reference and not a certified medical device; meeting a "
    "limit in software is not compliance with any standard."
)


@dataclass
class Mode:
    """One program on its channels of one cap."""

    number: int
    program: dict
    channels: list[int]
    cap_ua: int
    loads: list[AtLoad]
    limits: list[Limit]
    judged: dict[str, float]
    # By load
    measured: dict[int, list[Measured]] = field(default_factory=dict)
    # The same: one of its channels in the board's circuit
    circuit: dict[int, "InCircuit"] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """For headings and messages."""
        numbers = " and ".join(map(str, self.channels))
        return f"{self.program['name']}, channel{'s' if len(self.channels) > 1 else ''} {numbers}"

    def at(self, ohm: int) -> AtLoad:
        """What was computed for a load."""
        return next(one for one in self.loads if one.ohm == ohm)

    def seen(self, value: str, ohm: int) -> float | None:
        """What was measured, on the channel that is further from what was computed; None: not
        measured.
        """
        values = [one.values[value] for one in self.measured.get(ohm, []) if value in one.values]
        wanted = self.at(ohm).values[value]
        return max(values, key=lambda one: abs(one - wanted)) if values else None

    def worst(self, limit: Limit) -> float:
        """The highest value that a limit applies to, computed or measured."""
        loads = [one.ohm for one in self.loads if limit.at_ohm in (None, one.ohm)]
        values = [self.at(ohm).values[limit.value] for ohm in loads]
        values += [
            abs(seen) for seen in (self.seen(limit.value, ohm) for ohm in loads) if seen is not None
        ]
        return max(values)


@dataclass
class Table:
    """Everything that is shown."""

    rx: dict
    board: dict
    modes: list[Mode]
    events: list[Event]
    measured: bool
    # Its version, where pulses were also played in the board's circuit
    ngspice: int | None = None

    def facts(self) -> list[tuple[str, str]]:
        """What reviewers ask of the device as a whole."""
        return facts.of(self.rx, self.board)

    def differences(self) -> list[str]:
        """Where measured and computed are not the same: more than one clock, 1 %, or another
        trip.
        """
        found = []
        for mode in self.modes:
            for load in mode.loads:
                for one in mode.measured.get(load.ohm, []):
                    where = f"{mode.program['name']}, channel {one.channel}, {load.ohm} Ω"
                    found += [
                        f"{where}: {text}"
                        for text in _differences(load, one, "sweep" in mode.program)
                    ]
        return found


def build(
    rx: dict, board_name: str, measure: bool, progress: Progress, circuit: bool = False
) -> Table:
    """Compute the table of a checked prescription; with `measure` play every program on the
    twin, with `circuit` what was measured also in the board's circuit, where it has one.
    """
    board = boards.load(board_name)
    _require_output_stage(board)
    stage = _circuit(board) if measure and circuit else None
    area_mm2 = compute.area_mm2(rx, board)
    modes = [
        Mode(number, program, channels, cap_ua,
             [compute.at_load(program, cap_ua, area_mm2, board, ohm) for ohm in compute.LOADS_OHM],
             limit_table.table(program, area_mm2, board), compute.judged(program, cap_ua))
        for number, program in enumerate(rx["programs"], 1)
        for cap_ua, channels in _by_cap(rx, program)
    ]  # fmt: skip
    events = _measure(rx, board_name, modes, progress) if measure else []
    if stage:
        _play_in(stage, modes, progress)
    return Table(rx, board, modes, events, measure, stage.ngspice if stage else None)


def _require_output_stage(board: dict) -> None:
    """A bench board may say that it has none."""
    if board.get("OUTPUT_STAGE") is False:
        raise BadUsage(
            f"board {board['NAME']} has no OUTPUT_STAGE",
            seen="outputs are computed from the facts of an output stage",
            do_next="choose a board that has one: --board",
        )


def _by_cap(rx: dict, program: dict) -> list[tuple[int, list[int]]]:
    groups: dict[int, list[int]] = {}
    for channel in program["channels"]:
        groups.setdefault(rx["caps"][f"ch{channel}_ua"], []).append(channel)
    return list(groups.items())


def _measure(rx: dict, board_name: str, modes: list[Mode], progress: Progress) -> list[Event]:
    # Late: the twin takes a while, and is there only where it is measured on.
    from evenpulse.output_table.measured import Bench

    bench, events = Bench(rx, board_name), []
    for number in range(1, len(rx["programs"]) + 1):
        progress(number - 1, len(rx["programs"]))
        rows, followed = bench.program(number - 1, number == 1)
        events += followed
        for row in rows:
            mode = next(
                one for one in modes if one.number == number and row.channel in one.channels
            )
            mode.measured.setdefault(row.ohm, []).append(row)
    return events


def _circuit(board: dict) -> "Stage | None":
    # Late: it brings numpy.
    from evenpulse.output_table import in_circuit

    return in_circuit.of(board)


def _play_in(stage: "Stage", modes: list[Mode], progress: Progress) -> None:
    for done, mode in enumerate(modes):
        progress(done, len(modes))
        for ohm, seen in mode.measured.items():
            if traced := [one for one in seen if one.trace]:
                mode.circuit[ohm] = stage.pulse(traced[0])


def _differences(load: AtLoad, one: Measured, sweeps: bool) -> list[str]:
    """Of one channel at one load; each pulse's own timing has been compared in `worst_clocks`."""
    found = []
    if one.worst_clocks > 1:
        found.append(f"a phase, gap or period differs by {counted(one.worst_clocks, 'clock')}")
    for name, wanted in load.values.items():
        if name in one.values and not _same(name, wanted, one.values[name], load, sweeps):
            found.append(f"{name} computed {wanted:g}, measured {one.values[name]:g}")
    if (
        load.trip
        and (not one.trip or one.trip.reason != load.trip.reason)
        or not load.trip
        and one.own_trip
    ):
        expected, came = (trip.reason if trip else "no trip" for trip in (load.trip, one.trip))
        found.append(f"computed {expected}, measured {came}")
    return found


def _same(name: str, wanted: float, seen: float, load: AtLoad, sweeps: bool) -> bool:
    if sweeps and name not in _OF_EVERY_PULSE and 0 <= seen < wanted:
        # The end of a sweep falls between two pulses: what was seen lies below it
        return True
    if name in _TIMES_US:
        # One clock, and the rounding of a float
        return abs(seen - wanted) <= 1.5 * _CLOCK_US
    if name == "net_nc":
        return abs(seen) <= _SAME * load.values["phase_uc"] * 1_000
    if name == "net_ua":
        return abs(seen) <= _SAME * load.values["average_ma"] * 1_000
    return abs(seen - wanted) <= _SAME * abs(wanted)


def waveform(program: dict) -> str:
    """Waveform and shape, in one line."""
    text = "pulsed, rectangular, symmetric biphasic, phase A then phase B, constant current"
    return text + ("; phase duration ramps" if program.get("ramp") == "phase" else "")


def pattern(program: dict) -> list[tuple[str, str]]:
    """Burst, sweep, on and off time, ramps, minutes."""
    burst, sweep = program.get("burst"), program.get("sweep")
    rows = [("on and off time", "continuous" if burst else "continuous, no bursts")]
    if "on_ms" in program:
        duty = program["on_ms"] / (program["on_ms"] + program["off_ms"])
        rows = [
            (
                "on and off time",
                (
                    f"{program['on_ms'] / 1_000:g} s on, {program['off_ms'] / 1_000:g} s off: "
                    f"{100 * duty:.0f} % duty; ramps lie inside the on time"
                ),
            )
        ]
    rows.append(
        (
            "ramps",
            (
                f"{program.get('ramp_up_ms', 0) / 1_000:g} s up, "
                f"{program.get('ramp_down_ms', 0) / 1_000:g} s down, of the "
                f"{program.get('ramp', 'amplitude')}"
            ),
        )
    )
    if burst:
        train = compute.cycle(program)
        length_ms = sum(one.step_us for one in train[:-1]) / 1_000 + pulse_us(program) / 1_000
        every_ms = sum(one.step_us for one in train) / 1_000
        rows.append(
            (
                "burst",
                f"{burst['pulses']} pulses of {burst['inner_mpps'] / 1_000:g} pps inside, "
                f"{burst['per_s_mpps'] / 1_000:g} bursts/s; {length_ms:.1f} ms every "
                f"{every_ms:.1f} ms: {100 * length_ms / every_ms:.1f} % duty",
            )
        )
    if sweep:
        low, high = (value / 1_000 for value in sweep["rate_mpps"])
        rows.append(
            (
                "sweep",
                (
                    f"{low:g} to {high:g} pps and {sweep['phase_us'][0]} to {sweep['phase_us'][1]} "
                    f"µs, and back, in {sweep['period_ms'] / 1_000:g} s"
                ),
            )
        )
    if len(program["channels"]) == 2:
        rows.append(
            ("channels", f"1 and 2, channel 2 after channel 1 by {program.get('offset_us', 0)} µs")
        )
    if program.get("trigger"):
        rows.append(("start", "a rising TRIG_IN starts the train"))
    rows.append(("session", f"{program['session_s'] / 60:g} min, then off by itself"))
    return rows
