"""`make analog-world`: the twin's reduced stage against ngspice, whose answers are kept for `make
test`.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from evenpulse.analog import netlist, programs, spice
from evenpulse.base import boards, ending
from evenpulse.base.printing import print_table
from evenpulse.likeness import reduced
from evenpulse.twin import stage

_PLAYED = Path("build/analog/world")
# A line for each program, so that what changes shows
KEPT = Path("tests/analog/kept_world.jsonl")
KEPT_FITTED = Path("tests/analog/kept_fitted.jsonl")
_JOBS_MAX = 64


def main(arguments: list[str] | None = None) -> int:
    """0 when all is like the circuit, else 1."""
    wishes = _wishes(arguments)
    version, folder = spice.version(), boards.folder()
    circuit = netlist.read(folder / boards.DEFAULT / "output_stage")
    chosen = programs.of(programs.FITTED if wishes.fitted else programs.HELD_OUT)
    found = reduced.played(circuit, chosen, wishes.jobs, _PLAYED, _say)
    told = reduced.summary(chosen, found, stage.read(boards.DEFAULT, folder))
    rows = [[name, *map(str, seen.values())] for name, seen in told["figures"].items()]
    print_table(["", "figures", "95 of 100", "worst"], rows)
    for line in told["apart"]:
        print(line)
    print(f"{told['programs']}, further apart than they may be: {len(told['apart'])} figures")
    head = json.dumps({"of": reduced.of(circuit, chosen), "ngspice": version})
    lines = list(map(reduced.to_json, found))
    kept = KEPT_FITTED if wishes.fitted else KEPT
    kept.write_text("\n".join([head, *lines]) + "\n")
    return 1 if told["apart"] else 0


def _wishes(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evenpulse.likeness", description=__doc__)
    parser.add_argument("--fitted", action="store_true", help="those that the numbers are from")
    parser.add_argument(
        "--jobs",
        type=int,
        choices=range(1, _JOBS_MAX + 1),
        metavar="N",
        default=min(_JOBS_MAX, os.cpu_count() or 2),
        help="programs at once",
    )
    return parser.parse_args(arguments)


def _say(done: int, of: int) -> None:
    print(f"  {done} of {of} programs", file=sys.stderr, flush=True)


if __name__ == "__main__":
    ending.run("likeness", main)
