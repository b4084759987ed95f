"""`make bench`: measures the contract on the emulated chip, prints it, writes build/bench.json
and build/bench/errors.png.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from evenpulse.base import ending
from evenpulse.base.errors import Problem
from evenpulse.base.printing import print_table
from evenpulse.bench import (
    comparison,
    contract,
    cost,
    interlock,
    long_run,
    reaction,
    transfer,
    under_load,
)
from evenpulse.bench.rows import CONTRACT, Row, kept, missing, write

_JSON, _PICTURE = Path("build/bench.json"), Path("build/bench/errors.png")
_KEPT_PICTURE = Path(__file__).parent / "errors.png"


def main(arguments: list[str] | None = None) -> int:
    """0 when every promise is kept."""
    wishes = _wishes(arguments)
    rows = _contract(wishes, _say)
    runs = comparison.measure(wishes.compare, _say)
    rows += comparison.rows(runs)
    write(_JSON, rows)
    _PICTURE.parent.mkdir(parents=True, exist_ok=True)
    # Late: matplotlib takes a while, and not every run draws.
    from evenpulse.bench.pictures import draw

    draw(
        _PICTURE,
        runs,
        f"Error of every phase, gap and period: {wishes.compare} biphasic pulses at "
        f"{comparison.RATE_PPS} pps,\n"
        "four ways on one emulated RP2040 in one run",
    )
    if wishes.keep:
        shutil.copy(_PICTURE, _KEPT_PICTURE)
    code = _show([r for r in rows if not r.id.startswith(("C.", "F2."))])
    print()
    print_table(
        ["CPU % in therapy", *(f"{rate} pps" for rate in cost.RATES_PPS)], cost.growth(rows)
    )
    print()
    heads = (f"{name}: worst / spread, clocks" for name in comparison.FIGURES)
    print_table(
        ["100 µs · 50 µs · 100 µs at 50 pps", "", *heads, "pulses lost", "CPU %"],
        comparison.table(runs),
    )
    print(f"\n{_JSON}, {_PICTURE}")
    return code


def _wishes(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evenpulse.bench", description=__doc__)
    parser.add_argument(
        "--pulses", type=int, default=3_000, help="pulses of T2 and T4, a channel (%(default)s)"
    )
    parser.add_argument(
        "--compare", type=int, default=200, help="pulses of each alternative (%(default)s)"
    )
    parser.add_argument(
        "--step",
        type=int,
        default=3,
        help="T1: every n-th phase and gap (%(default)s; 1 is every one)",
    )
    parser.add_argument("--triggers", type=int, default=40, help="T5: how many (%(default)s)")
    parser.add_argument(
        "--load-ms", type=float, default=3_000, help="T3: simulated ms of each load (%(default)s)"
    )
    parser.add_argument(
        "--faults",
        type=int,
        default=200,
        help="I1 to I6: random clocks of the pulse of each (%(default)s)",
    )
    parser.add_argument("--presses", type=int, default=30, help="F4: how many (%(default)s)")
    parser.add_argument(
        "--sectors",
        type=int,
        default=4,
        help="H2: journal to fetch, in sectors of 4 kB (%(default)s)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="also renew the picture that the README shows"
    )
    return parser.parse_args(arguments)


def _contract(wishes: argparse.Namespace, say: Callable[[str], None]) -> list[Row]:
    rows = [
        contract.t1(wishes.step, say),
        *contract.t2_t4(wishes.pulses, say),
        long_run.kept_row(),
        *under_load.t3(wishes.load_ms, say),
        *contract.t5(wishes.triggers, say),
        *interlock.measure(wishes.faults, say),
        cost.f1(say),
        *cost.f2(4_000, say),
        reaction.f3(say),
        *reaction.f4(wishes.presses, say),
        cost.w1(3_000, say),
        cost.w2(say),
        cost.h1(say),
        *transfer.h2(wishes.sectors, say),
    ]
    rows.sort(key=lambda r: (CONTRACT.index(r.id.split(".")[0]), "." in r.id))
    if missing(rows):
        raise Problem(f"the bench measured nothing for {', '.join(missing(rows))}")
    return rows


def _show(rows: list[Row]) -> int:
    marks = {True: "kept", False: "BROKEN", None: ""}
    print_table(
        ["", "measured", "unit", "limit", "", "how"],
        [
            [r.id, "–" if r.value is None else r.value, r.unit, r.limit, marks[r.ok], r.how]
            for r in rows
        ],
    )
    return 0 if kept(rows) else 1


def _say(text: str) -> None:
    print("  " + text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    ending.run("bench", main)
