"""The long run of T2: 100 000 pulses at the fastest rate, 10 000 at two others. Minutes long, so its result is kept, with the firmware's hash."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

from evenpulse.bench import contract
from evenpulse.bench.rows import Row, row
from evenpulse.twin.twin import firmware_folder

KEPT = Path(__file__).resolve().parents[3] / "tests" / "bench" / "long_run.json"
RUNS = ((contract.FASTEST_PPS, 100_000), (50, 10_000), (Decimal("77.3"), 10_000))
WHAT = ("T2", "T2.shape", "T4")


def firmware_hash() -> str:
    """SHA-256 of the UF2 that the twin runs."""
    return hashlib.sha256((firmware_folder("nmes2") / "firmware.uf2").read_bytes()).hexdigest()


def measure(path: Path, say: Callable[[str], None], runs: Iterable[tuple[int | Decimal, int]] = RUNS) -> dict:
    """Run all, write the result; what was written."""
    kept: dict = {"firmware_sha256": firmware_hash(), "runs": []}
    for rate_pps, count in runs:
        began = time.monotonic()
        found = {r.id: r.value for r in contract.t2_t4(count, say, rate_pps)}
        kept["runs"].append({"rate_pps": str(rate_pps), "pulses_a_channel": count, "period_us": contract.period(rate_pps),
                             "worst_clocks": found, "wall_s": round(time.monotonic() - began, 1)})
    path.write_text(json.dumps(kept, indent=1) + "\n")
    return kept


def kept_row(path: Path = KEPT) -> Row:
    """What the last long run found. A promise only for the firmware that it was made with."""
    if not path.is_file():
        return row("T2.long", None, "clocks", None, "no long run kept: python -m evenpulse.bench --long")
    kept = json.loads(path.read_text())
    values = [run["worst_clocks"][what] for run in kept["runs"] for what in WHAT]
    worst = None if None in values else max(values)
    runs = ", ".join(f"{run['pulses_a_channel']} at {run['rate_pps']} pps" for run in kept["runs"])
    same = kept["firmware_sha256"] == firmware_hash()
    how = f"kept result, {'this' if same else 'ANOTHER'} firmware ({kept['firmware_sha256'][:12]}): start, phase, gap and offset of {runs}, a channel"
    return row("T2.long", worst, "clocks", 0 if same else None, how)
