"""First of `make analog-faults`: chosen parts broken with the real firmware in the loop; what came
of it is kept for `make test`.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from evenpulse.analog import breaking, netlist, spice
from evenpulse.base import boards, ending
from evenpulse.base.printing import print_table
from evenpulse.emulator import fork
from evenpulse.looped import case, kept
from evenpulse.looped.chosen import CHOSEN
from evenpulse.looped.session import Session

KEPT = Path("tests/analog/kept_loop.jsonl")
_JOBS_MAX, _UNSAFE = 64, 6


def main(arguments: list[str] | None = None) -> int:
    """0 when nobody is harmed, 6 when a fault is unsafe, 1 when one has no answer."""
    wishes = _wishes(arguments)
    version = spice.version()
    circuit = netlist.read(boards.folder() / boards.DEFAULT / "output_stage")
    faults = {fault.name: fault for fault in breaking.faults(circuit)}
    sessions = {ma: Session(ma) for ma in sorted({way.ma for way in case.WAYS})}
    asked = [(name, moment, way) for way in case.WAYS for name, moment in CHOSEN]

    def play(one: tuple[int, tuple[str, str, case.Way]]) -> dict:
        name, moment, way = one[1]
        return case.play(sessions[way.ma], circuit, faults[name], moment, way)

    rows: list[dict | None] = [None] * len(asked)
    for (number, (name, _, way)), ended in fork.as_done([*enumerate(asked)], play, wishes.jobs):
        rows[number] = json.loads(ended.text or "null")
        told = f"{name}, {way.ma} mA, {way.load}: {kept.words(rows[number])}"
        print(f"  {told}", file=sys.stderr, flush=True)
    found = [row for row in rows if row]
    drive = sessions[case.FIRST.ma].drive(case.SHORT_S)
    head = {"of": kept.of(circuit, drive), "ngspice": version}
    KEPT.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (head, *found)))
    print_table([*kept.HEADER], [[*row] for row in map(kept.cells, kept.told(found))])
    if any(row["with"]["unsafe"] for row in found):
        return _UNSAFE
    return 0 if len(found) == len(asked) else 1


def _wishes(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evenpulse.looped", description=__doc__)
    parser.add_argument(
        "--jobs",
        type=int,
        choices=range(1, _JOBS_MAX + 1),
        metavar="N",
        default=min(_JOBS_MAX, os.cpu_count() or 2),
        help="cases at once",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    ending.run("looped", main)
