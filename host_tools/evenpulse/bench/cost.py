"""What therapy costs: memory a pulse (F1), CPU time (F2), and what the tools cost: the twin
(W1), the second model (W2), --help (H1).
"""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from evenpulse.base.errors import Problem
from evenpulse.bench import contract, stock
from evenpulse.bench.cpu import CpuMeter
from evenpulse.bench.rows import Row, row
from evenpulse.bench.typed_in import type_in
from evenpulse.connect.service import Service
from evenpulse.twin.twin import CLOCKS_PER_MS

_CPU_LIMIT_PERCENT, _HELP_LIMIT_MS = 15, 250
# 2 s: at 150 pps nine blocks a channel
_ROUNDS = 200
_ROOT = Path(__file__).resolve().parents[3]
RATES_PPS = (1, 10, 50, 100, 150)


def f1(say: Callable[[str], None]) -> Row:
    """Bytes that the output stage allocates a pulse: first counted, then with the heap locked."""
    say("F1: heap")
    service = Service()
    type_in(service, "drive.py")
    program = stock.device_form(rate_pps=contract.FASTEST_PPS)["programs"][0]
    service.run(f"begin({program!r})")
    first = len(stock.train(service.twin, 1))
    taken: int | None = int(service.run(f"print(allocated({_ROUNDS}))"))
    pulses = 2 * (len(stock.train(service.twin, 1)) - first)
    try:
        service.run(f"locked({_ROUNDS})")
        locked = "and nothing fails with the heap locked"
    except Problem as problem:
        locked = f"but with the heap locked: {problem.seen.splitlines()[-1].strip()}"
        taken = taken or None
    value = None if taken is None else round(taken / pulses, 2)
    return row(
        "F1",
        value,
        "bytes/pulse",
        0,
        f"{taken} bytes in {_ROUNDS} rounds of the output stage with {pulses} pulses, {locked}",
    )


def f2(ms: float, say: Callable[[str], None]) -> list[Row]:
    """CPU time of therapy as sold, and how it grows with rate and channels."""
    # A collection now and then is part of it: four windows of the others hold as many as come.
    long_ms = 4 * ms
    value = cpu_percent(100, [1, 2], long_ms)
    rows = []
    for channels in ([1], [1, 2]):
        for rate_pps in RATES_PPS:
            say(f"F2: {len(channels)} × {rate_pps} pps")
            rows.append(
                row(
                    f"F2.{len(channels)}x{rate_pps}",
                    cpu_percent(rate_pps, channels, ms),
                    "%",
                    None,
                    _looks(ms),
                )
            )
    return [
        row("F2", value, "%", _CPU_LIMIT_PERCENT, f"therapy at 2 × 100 pps, {_looks(long_ms)}"),
        *rows,
    ]


def growth(rows: list[Row]) -> list[list[object]]:
    """CPU time by channels and rate, for the terminal."""
    values = {r.id: r.value for r in rows}
    return [
        [f"{n} channel{'s' * (n > 1)}", *(values[f"F2.{n}x{rate}"] for rate in RATES_PPS)]
        for n in (1, 2)
    ]


def _looks(ms: float) -> str:
    return (
        f"moments, one about every 0.1 ms over {ms / 1000:g} s, at which the core did not wait "
        f"for an event"
    )


def cpu_percent(rate_pps: int, channels: list[int], ms: float) -> float:
    """Percent of the time that the core executes in RUNNING, UP pressed a few times before."""
    twin = stock.running(rate_pps=rate_pps, channels=channels)
    for _ in range(3):
        twin.press("UP", 60)
        twin.run_ms(260)
    twin.run_ms(500)
    meter = CpuMeter(twin)
    meter.run_to(twin.now + round(ms * CLOCKS_PER_MS))
    return meter.percent


def w1(ms: float, say: Callable[[str], None]) -> Row:
    """Simulated seconds a second in therapy at 2 × 50 pps: the middle of three runs."""
    say("W1: speed of the twin")
    twin = stock.running(rate_pps=50)
    twin.run_ms(300)
    speeds = []
    for _ in range(3):
        began = time.perf_counter()
        twin.run_ms(ms)
        speeds.append(ms / 1000 / (time.perf_counter() - began))
    return row(
        "W1",
        round(statistics.median(speeds), 2),
        "s/s",
        1,
        f"middle of 3 runs of {ms / 1000:g} s, {_machine()}",
    )


def w2(say: Callable[[str], None]) -> Row:
    """The firmware's programs on the second PIO models, by their own tests."""
    say("W2: tests/pio")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/pio"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    last = run.stdout.strip().splitlines()[-1] if run.stdout.strip() else run.stderr.strip()[-200:]
    counted = re.search(r"(\d+) failed", last)
    failed = 0 if run.returncode == 0 else int(counted.group(1)) if counted else None
    return row(
        "W2",
        failed,
        "tests",
        0,
        (
            f"tests that differ, of tests/pio (reference interpreter and rp2040-pio-emulator): "
            f"{last.strip('= ')}"
        ),
    )


def h1(say: Callable[[str], None]) -> Row:
    """`evenpulse --help`: the fastest of five, because what else the machine does only adds."""
    say("H1: --help")
    command = Path(sys.executable).parent / "evenpulse"
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([command, "--help"], capture_output=True, check=True)
        times.append(1000 * (time.perf_counter() - began))
    return row("H1", round(min(times)), "ms", _HELP_LIMIT_MS, f"fastest of 5, {_machine()}")


def _machine() -> str:
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
