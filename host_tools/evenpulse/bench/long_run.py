"""The long run of T2: 100 000 pulses at the fastest rate, 10 000 at two others. Minutes long, so
its result is kept, with the hash of the firmware's sources.
"""

import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from evenpulse.base.sources import of_firmware as firmware_sources
from evenpulse.bench import contract
from evenpulse.bench.rows import Row, row

KEPT = Path(__file__).resolve().parents[3] / "tests" / "bench" / "long_run.json"
RUNS = ((contract.FASTEST_PPS, 100_000), (50, 10_000), (Decimal("77.3"), 10_000))
WHAT = ("T2", "T2.shape", "T4")


def measure(rate_pps: int | Decimal, count: int, say: Callable[[str], None]) -> dict:
    """One of the runs."""
    began = time.monotonic()
    found = {r.id: r.value for r in contract.t2_t4(count, say, rate_pps)}
    return {
        "rate_pps": str(rate_pps),
        "pulses_a_channel": count,
        "period_us": contract.period(rate_pps),
        "worst_clocks": found,
        "wall_s": round(time.monotonic() - began, 1),
    }


def kept_row(path: Path = KEPT) -> Row:
    """What the last long run found. A promise only for the firmware that it was made with."""
    if not path.is_file():
        return row("T2.long", None, "clocks", None, "no long run kept: make evidence")
    kept = json.loads(path.read_text())
    values = [run["worst_clocks"][what] for run in kept["runs"] for what in WHAT]
    worst = None if None in values else max(values)
    runs = ", ".join(f"{run['pulses_a_channel']} at {run['rate_pps']} pps" for run in kept["runs"])
    of = kept.get("sources", {}).get("firmware", "unknown")
    same = of == firmware_sources()
    how = (
        f"kept result, {'this' if same else 'ANOTHER'} firmware ({of[:12]}): start, phase, gap "
        f"and offset of {runs}, a channel"
    )
    return row("T2.long", worst, "clocks", 0 if same else None, how)
