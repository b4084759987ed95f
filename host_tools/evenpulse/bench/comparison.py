"""Ours beside what people write instead: one emulated chip, one run, one train (100 µs, 50 µs,
100 µs at 50 pps), idle and loaded.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from evenpulse.bench import stock
from evenpulse.bench.cpu import CpuMeter
from evenpulse.bench.figures import Errors, Wanted, errors
from evenpulse.bench.rows import Row, row
from evenpulse.bench.typed_in import type_in
from evenpulse.connect.service import Service
from evenpulse.twin.flash_time import flash_takes_time
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.twin.waveform import CLOCKS_PER_US, pulses

RATE_PPS = 50
WANTED = Wanted(phase_us=100, gap_us=50, period_us=20_000)
FIGURES = ("phase", "gap", "period")
_TALK = b"# a request from the computer, sixty-four bytes with its newline\n"
_TALK_EVERY_MS = 10
# SCRATCH1, as bench/device/loads.py sets it
_MARK = 1


@dataclass(frozen=True)
class Run:
    """One method under one condition."""

    method: str
    # "idle" or "loaded"
    load: str
    errors: Errors
    cpu_percent: float
    is_ours: bool = False

    @property
    def lost(self) -> int:
        """Pulses that the time from the first to the last had room for, and that did not come."""
        return round(sum(self.errors.period) / (WANTED.period_us * CLOCKS_PER_US))


def measure(count: int, say: Callable[[str], None]) -> list[Run]:
    """Every method, idle and loaded, over `count` pulses each."""
    service = Service()
    flash_takes_time(service.twin)
    # The last to open the I2C bus sets its time-out
    type_in(service, "drive.py", "loads.py", "alternatives.py")
    a, b = _spare_pins(service.twin.board)
    legs = f"legs = Legs({a}, {b}, {WANTED.phase_us}, {WANTED.gap_us}); "
    runs = []
    for load in ("idle", "loaded"):
        loaded = load == "loaded"
        scripts = {
            "time.sleep_us": f"by_sleep(legs, {WANTED.period_us}, {count}, {loaded})",
            "machine.Timer": f"by_timer(legs, {WANTED.period_us}, {count}, {loaded})",
        }
        for method, script in scripts.items():
            say(f"{method}, {load}")
            runs.append(_run(service, method, load, legs + script, (a, b), count))
        say(f"Evenpulse, {load}")
        runs.append(_ours(service, load, count))
        runs.append(_pwm(service, load, a))
    return runs


def _spare_pins(board: dict) -> tuple[int, int]:
    """Two GPIOs of the header that the board leaves free."""
    used = {pin[0] for pin in board["PINS"].values()}
    free = [gpio for gpio in range(30) if gpio not in used]
    return free[0], free[1]


def _run(
    service: Service,
    method: str,
    load: str,
    script: str,
    pins: tuple[int, int],
    count: int,
    is_ours: bool = False,
) -> Run:
    """Run a script on the device between two marks; figures of what left the two pins meanwhile."""
    twin = service.twin
    first = len(twin.edges)
    service.start(f"mark(1)\n{script}\nmark(2)\ntime.sleep_ms(20)\nloads.drain()")
    scratch = twin.chip.rp2040.watchdog.scratch_data
    twin.run_until(lambda: scratch[_MARK] == 1, 1_000, 0.1)
    meter, end = (
        CpuMeter(twin),
        twin.now + (count * WANTED.period_us // 1000 + 5_000) * CLOCKS_PER_MS,
    )
    while scratch[_MARK] == 1 and twin.now < end:
        if load == "loaded" and not twin.usb.waiting():
            twin.usb.write(_TALK)
        meter.run_to(twin.now + _TALK_EVERY_MS * CLOCKS_PER_MS)
    service.finish()
    train = pulses(twin.edges[first:], *pins)
    return Run(method, load, errors(train, WANTED), meter.percent, is_ours)


def _ours(service: Service, load: str, count: int) -> Run:
    """The product's drivers, on the pins that its guard holds."""
    program = stock.device_form(
        phase_us=WANTED.phase_us, gap_us=WANTED.gap_us, rate_pps=RATE_PPS, channels=[1]
    )["programs"][0]
    rounds = count * WANTED.period_us // 10_000
    pins = service.twin.board["PINS"]
    script = f"play({program!r}, {rounds}, {'loads.one' if load == 'loaded' else None})"
    return _run(
        service,
        "Evenpulse",
        load,
        script,
        (pins["CH1_A"][0], pins["CH1_B"][0]),
        count,
        is_ours=True,
    )


def _pwm(service: Service, load: str, pin: int) -> Run:
    """machine.PWM draws no edges on the twin: its figures follow from the registers it wrote,
    loaded or not.
    """
    divider, top, compare = map(
        int, service.run(f"by_pwm({pin}, {WANTED.phase_us}, {RATE_PPS})").split()
    )
    found = Errors()
    found.phase = [round(compare * divider / 16 - WANTED.phase_us * CLOCKS_PER_US)]
    found.period = [round((top + 1) * divider / 16 - WANTED.period_us * CLOCKS_PER_US)]
    return Run("machine.PWM", load, found, 0.0)


def rows(runs: list[Run]) -> list[Row]:
    """A row a figure; ours are promises, the others are what was found."""
    found = []
    for run in runs:
        name = f"C.{run.method}.{run.load}"
        limit = 0 if run.is_ours else None
        for figure in FIGURES:
            what = (
                "from the registers it wrote"
                if run.method == "machine.PWM"
                else f"{len(run.errors.start)} pulses"
            )
            found.append(
                row(
                    f"{name}.{figure}.worst",
                    run.errors.worst(figure),
                    "clocks",
                    limit,
                    f"largest error of the {figure}, {what}",
                )
            )
            found.append(
                row(
                    f"{name}.{figure}.spread",
                    run.errors.spread(figure),
                    "clocks",
                    limit,
                    f"largest less smallest {figure}",
                )
            )
        found.append(
            row(
                f"{name}.lost",
                run.lost,
                "pulses",
                limit,
                "pulses that the time from first to last had room for, and that did not come",
            )
        )
        found.append(
            row(
                f"{name}.cpu",
                run.cpu_percent,
                "%",
                None,
                "moments at which the core did not wait, the load included",
            )
        )
    return found


def table(runs: list[Run]) -> list[list[object]]:
    """For the terminal: worst error / spread of each figure."""

    def cell(run: Run, figure: str) -> str:
        worst = run.errors.worst(figure)
        return "cannot" if worst is None else f"{worst} / {run.errors.spread(figure)}"

    return [
        [
            run.method,
            run.load,
            *(cell(run, figure) for figure in FIGURES),
            run.lost,
            run.cpu_percent,
        ]
        for run in runs
    ]


def as_json(runs: list[Run]) -> str:
    """Every single error, for the picture."""
    return json.dumps([vars(run) | {"errors": vars(run.errors)} for run in runs])
