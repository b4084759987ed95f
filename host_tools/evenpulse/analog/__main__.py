"""`make hardware`, `make analog`, `make analog-faults`, `make monte-carlo`: the output stage of a
board as a circuit.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from evenpulse.analog import (
    at_rest,
    campaign,
    cases,
    derived,
    drawing,
    erc,
    facts,
    imbalance,
    monte_carlo,
    netlist,
    parts,
    played,
    spice,
    summary,
)
from evenpulse.analog.deck import Drive
from evenpulse.base import boards, ending
from evenpulse.base.errors import BadUsage
from evenpulse.base.printing import print_table

_UNSAFE = 6
# A folder a board
_BUILD = Path("build/analog")
_ROWS, _SUMMARY = "faults.jsonl", "faults.json"
_EACH_BUILD = Path("build/analog/builds.jsonl")
_FACTS = Path("build/analog/facts.json")
KEPT = {
    "nmes2": Path("tests/analog/kept.json"),
    "zero1": Path("tests/analog/kept_zero1.json"),
}
KEPT_BUILDS = Path("tests/analog/kept_builds.jsonl")
_TELL_EVERY = 50


def main(arguments: list[str] | None = None) -> int:
    """0 when all is well, 1 when a rule or a fact does not hold, 6 when a fault is unsafe."""
    wishes = _wishes(arguments)
    board = boards.load(wishes.board)
    folder = boards.folder() / wishes.board / derived.FOLDER
    if not folder.is_dir():
        raise BadUsage(
            f"board {wishes.board} has no output stage as a circuit", do_next="--board nmes2"
        )
    if wishes.what not in _OF_ANY and derived.base(folder) != folder:
        raise BadUsage(
            f"{wishes.what} is not for board {wishes.board}: its circuit is another board's with "
            "other values",
            do_next=f"--board {derived.base(folder).parent.name}",
        )
    circuit = derived.circuit(folder)
    soldered = derived.soldered(folder, board["CHANNELS"])
    return _DO[wishes.what](wishes, board, circuit, soldered)


def _wishes(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evenpulse.analog", description=__doc__)
    parser.add_argument("what", choices=list(_DO))
    parser.add_argument("--board", default=boards.DEFAULT)
    parser.add_argument("--cases", type=_count, help="so many of the first cases (all)")
    parser.add_argument("--builds", type=_count, default=500, help="of monte-carlo (%(default)s)")
    parser.add_argument("--seed", type=_count, default=1, help="other builds (%(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases with this in their name")
    parser.add_argument("--jobs", type=_count, default=os.cpu_count() or 2, help="cases at once")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 1_000_000:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 1 up")
    return int(text)


def _hardware(
    _wishes: argparse.Namespace, board: dict, circuit: netlist.Circuit, soldered: dict
) -> int:
    print_table(
        ["", "what", "value", "rating", "USD", "parts"], [list(r) for r in parts.bom_rows(soldered)]
    )
    print(
        f"{board['NAME']}, {board['CHANNELS']} channels: {parts.sum_usd(soldered):.2f} USD, "
        f"estimates of {parts.PRICED}, ± {parts.UNSURE_PERCENT} %, none looked up"
    )
    for picture in drawing.write(circuit):
        print(f"drawing: {picture}")
    return _complain(circuit, soldered)


def _complain(circuit: netlist.Circuit, soldered: dict) -> int:
    wrong = [
        *erc.violations(circuit),
        *erc.unrated(circuit, soldered),
        *parts.disagreements(circuit, soldered),
    ]
    for line in wrong:
        print(line)
    print(f"{len(circuit.elements)} parts of a channel, electrical rules: {len(wrong)} broken")
    return 1 if wrong else 0


def _check(
    wishes: argparse.Namespace, board: dict, circuit: netlist.Circuit, soldered: dict
) -> int:
    spice.version()
    wrong = _complain(circuit, soldered)
    rows = facts.measure(circuit, board, soldered, played.edges(board))
    print_table([*facts.HEADER], [[*row.words()] for row in rows])
    _FACTS.parent.mkdir(parents=True, exist_ok=True)
    told = {"of": campaign.fingerprint(circuit, _drive(board)), "rows": [r.words() for r in rows]}
    _FACTS.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return max(wrong, *(0 if row.holds else 1 for row in rows))


def _faults(
    wishes: argparse.Namespace, board: dict, circuit: netlist.Circuit, soldered: dict
) -> int:
    version = spice.version()
    drive, scale = _drive(board), cases.scale_of(board)
    planned = campaign.all_cases(circuit, scale)
    chosen = [case for case in planned if wishes.only in case.key][: wishes.cases]
    if not chosen:
        raise BadUsage(f"--only {wishes.only[:40]!r}: no case has this in its name")
    file = _BUILD / board["NAME"] / _ROWS
    rows = campaign.run(circuit, drive, chosen, wishes.jobs, file, _say, scale)
    told = summary.of(rows, planned, version)
    # Those of earlier runs too
    known = summary.of(campaign.known(circuit, drive, planned, file), planned, version)
    found = {"of": campaign.fingerprint(circuit, drive), **known}
    file.with_name(_SUMMARY).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    print_table([*summary.HEADER], [[*row] for row in summary.rows(told)])
    print(summary.line(told))
    return _UNSAFE if told["unsafe"] > told["named"] else 0


def _monte_carlo(
    wishes: argparse.Namespace, _board: dict, circuit: netlist.Circuit, soldered: dict
) -> int:
    spice.version()
    _EACH_BUILD.parent.mkdir(parents=True, exist_ok=True)
    first = wishes.seed * monte_carlo.A_SEED
    numbers = range(first, first + wishes.builds)
    told = monte_carlo.run(circuit, soldered, numbers, wishes.jobs, _EACH_BUILD)
    print_table([*monte_carlo.HEADER], [[*row] for row in monte_carlo.rows(told)])
    return 0


def _keep_builds(
    _wishes: argparse.Namespace, _board: dict, circuit: netlist.Circuit, soldered: dict
) -> int:
    count = monte_carlo.keep_promised(circuit, soldered, _EACH_BUILD, KEPT_BUILDS)
    print(f"{count} of {monte_carlo.PROMISED} builds kept")
    return 0 if count == monte_carlo.PROMISED else 1


def _keep(_wishes: argparse.Namespace, board: dict, circuit: netlist.Circuit, _parts: dict) -> int:
    """What the last runs found becomes what docs/reference/output-stage.md is written from."""
    mark = campaign.fingerprint(circuit, _drive(board))
    kept: dict = {"of": mark}
    if board["NAME"] == boards.DEFAULT:
        kept["facts"] = _last(_FACTS, mark)["rows"]
    kept["faults"] = _last(_BUILD / board["NAME"] / _SUMMARY, mark)
    text = json.dumps(kept, indent=1, ensure_ascii=False) + "\n"
    KEPT[board["NAME"]].write_text(text, encoding="utf-8")
    return 0


def _last(file: Path, mark: str) -> dict:
    """What the last run wrote, of this circuit and these edges."""
    again = "run check and faults"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadUsage(f"there is no {error.filename}", do_next=again) from error
    if told.pop("of") != mark:
        raise BadUsage(f"{file} is of another circuit or other edges", do_next=again)
    return told


def _imbalance(
    wishes: argparse.Namespace, _board: dict, circuit: netlist.Circuit, _parts: dict
) -> int:
    spice.version()
    with ProcessPoolExecutor(wishes.jobs) as pool:
        waves = pool.map(partial(imbalance.played, circuit), imbalance.PARTS)
        rows = [imbalance.row(one, part) for one, part in zip(waves, imbalance.PARTS)]
    print_table([*imbalance.HEADER], [[*row] for row in rows])
    return 0


def _rest(wishes: argparse.Namespace, _board: dict, circuit: netlist.Circuit, _parts: dict) -> int:
    """The volts of each node of the sound circuit at rest: where the solver begins."""
    spice.version()
    rows = [f"{node},{volts:.6f}" for node, volts in at_rest.volts(circuit).items()]
    file = boards.folder() / wishes.board / derived.FOLDER / netlist.REST
    file.write_text("\n".join([",".join(netlist.REST_COLUMNS), *rows]) + "\n")
    return 0


def _drive(board: dict) -> Drive:
    """The pulse that the faults are judged by."""
    return played.edges(board).drive(1, played.PULSE, played.END_S)


_DO = {
    "hardware": _hardware,
    "check": _check,
    "faults": _faults,
    "monte-carlo": _monte_carlo,
    "keep": _keep,
    "keep-builds": _keep_builds,
    "rest": _rest,
    "imbalance": _imbalance,
}


# Of a board whose circuit is another's too
_OF_ANY = ("hardware", "rest", "faults", "keep")


def _say(done: int, of: int) -> None:
    if done % _TELL_EVERY == 0 or done == of:
        print(f"  {done} of {of} cases", file=sys.stderr, flush=True)


if __name__ == "__main__":
    ending.run("analog", main)
