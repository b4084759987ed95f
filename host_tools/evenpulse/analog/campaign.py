"""Every part broken: cases in processes, kept in build/analog as they end, so that a run that was
stopped goes on.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from evenpulse.analog import breaking, cases, netlist
from evenpulse.analog.cases import NMES2, Case, Scale
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
    scale: Scale = NMES2,
) -> list[dict]:
    """A row for each case, in their order; with `keep` those that are there are not played
    again.
    """
    mark = fingerprint(circuit, drive)
    done = _kept(keep, mark) if keep else {}
    left = [case for case in chosen if case.key not in done]
    play, before = partial(cases.play, circuit, drive, scale=scale), len(chosen) - len(left)
    for count, row in enumerate(_played(play, left, jobs), before + 1):
        done[row["case"]] = row
        if keep:
            _append(keep, mark, row)
        say(count, len(chosen))
    return [done[case.key] for case in chosen if case.key in done]


def known(circuit: Circuit, drive: Drive, planned: Sequence[Case], keep: Path) -> list[dict]:
    """What is kept of them, in their order, also those that had no answer."""
    found = {row["case"]: row for row in _rows(keep, fingerprint(circuit, drive))}
    return [found[case.key] for case in planned if case.key in found]


def all_cases(circuit: Circuit, scale: Scale = NMES2) -> list[Case]:
    return cases.all_cases(breaking.faults(circuit), scale)


def _played(play: Callable[[Case], dict], left: Sequence[Case], jobs: int) -> Iterator[dict]:
    if jobs == 1:
        yield from map(play, left)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for at in range(0, len(left), _AT_ONCE):
            some = left[at : at + _AT_ONCE]
            for future in as_completed([pool.submit(play, case) for case in some]):
                yield future.result()


def _kept(keep: Path, mark: str) -> dict[str, dict]:
    """Those that have an answer."""
    return {row["case"]: row for row in _rows(keep, mark) if "stopped" not in row}


def _rows(keep: Path, mark: str) -> Iterator[dict]:
    """Rows of the same circuit and edges; a last line that was cut short is none."""
    for line in keep.read_text(encoding="utf-8").splitlines() if keep.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row.pop("of", None) == mark:
            yield row


def _append(keep: Path, mark: str, row: dict) -> None:
    keep.parent.mkdir(parents=True, exist_ok=True)
    with keep.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"of": mark, **row}, ensure_ascii=False) + "\n")


def read(folder: Path) -> Circuit:
    return netlist.read(folder)
