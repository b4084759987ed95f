"""Every part broken: cases in processes, kept in build/analog as they end, so that a run that was
stopped goes on.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from evenpulse.analog import breaking, cases, netlist
from evenpulse.analog.cases import Case
from evenpulse.analog.deck import LOADS, Drive, World, text
from evenpulse.analog.netlist import Circuit

# Small: a machine that is stopped loses as many.
_AT_ONCE = 64


def fingerprint(circuit: Circuit, drive: Drive) -> str:
    """Of what the results rest on."""
    deck = text(circuit, drive, World(LOADS["500 Ω"]))
    return hashlib.sha256(deck.encode()).hexdigest()[:16]


def run(
    circuit: Circuit,
    drive: Drive,
    chosen: Sequence[Case],
    jobs: int,
    keep: Path | None = None,
    say: Callable[[int, int], None] = lambda done, of: None,
) -> list[dict]:
    """A row for each case, in their order; with `keep` those that are there are not played
    again.
    """
    mark = fingerprint(circuit, drive)
    done = _kept(keep, mark) if keep else {}
    left = [case for case in chosen if case.key not in done]
    for row in _played(circuit, drive, left, jobs):
        done[row["case"]] = row
        if keep:
            _append(keep, mark, row)
        say(len(done), len(chosen))
    return [done[case.key] for case in chosen if case.key in done]


def all_cases(circuit: Circuit) -> list[Case]:
    return cases.all_cases(breaking.faults(circuit))


def _played(circuit: Circuit, drive: Drive, left: Sequence[Case], jobs: int) -> Iterator[dict]:
    if jobs == 1:
        yield from (cases.play(circuit, drive, case) for case in left)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for at in range(0, len(left), _AT_ONCE):
            some = left[at : at + _AT_ONCE]
            for future in as_completed(
                [pool.submit(cases.play, circuit, drive, case) for case in some]
            ):
                yield future.result()


def _kept(keep: Path, mark: str) -> dict[str, dict]:
    """Rows of the same circuit and edges; a last line that was cut short is none."""
    found: dict[str, dict] = {}
    if keep.is_file():
        for line in keep.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if row.pop("of", None) == mark:
                found[row["case"]] = row
    return found


def _append(keep: Path, mark: str, row: dict) -> None:
    keep.parent.mkdir(parents=True, exist_ok=True)
    with keep.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"of": mark, **row}, ensure_ascii=False) + "\n")


def read(folder: Path) -> Circuit:
    return netlist.read(folder)
