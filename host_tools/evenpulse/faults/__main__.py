"""`make faults`: faults of every kind into running sessions on the twin; prints a table, writes
build/faults.json.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from evenpulse.base import counts, ending, firmware_files
from evenpulse.base.errors import BadUsage, Problem
from evenpulse.base.printing import print_table
from evenpulse.faults import cluster, report
from evenpulse.faults.ablation import LAYERS
from evenpulse.faults.campaign import Campaign, applies
from evenpulse.faults.case_told import SAFE
from evenpulse.faults.table import DECK, FAULTS
from evenpulse.scenario import run_files

_JSON, _ABLATION = Path("build/faults.json"), Path("build/faults-ablation.json")
_UNSAFE = 6
_TELL_EVERY = 50


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing unsafe was found, 6 when something was, 1 when a case could not be decided."""
    wishes = _wishes(arguments)
    if wishes.safety_table:
        print(report.safety_table(_read(_JSON), _read(_ABLATION)["without"]), end="")
        return 0
    campaign = Campaign(wishes.jobs, _say)
    if wishes.case is not None:
        return _replay(campaign, wishes)
    numbers = _numbers(wishes)
    told = report.summary(_run(campaign, wishes, numbers, wishes.without), _firmware())
    print_table(report.HEADER, report.rows(told))
    _write(_file(wishes), told)
    if wishes.ablation:
        _ablate(campaign, wishes, numbers, told)
    return _close(told, wishes)


def _wishes(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evenpulse.faults", description=__doc__)
    parser.add_argument("--runs", type=counts.whole(), default=200, help="cases (%(default)s)")
    parser.add_argument(
        "--seed",
        type=counts.whole(0, 10**9),
        default=1,
        help="another seed, other cases (%(default)s)",
    )
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only kinds of fault with this in their name"
    )
    parser.add_argument(
        "--jobs",
        type=counts.whole(),
        default=os.cpu_count() or 2,
        help="cases at once (%(default)s)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="a Dask scheduler, whose workers play the cases",
    )
    parser.add_argument("--without", choices=list(LAYERS), help="the same with a layer taken away")
    parser.add_argument(
        "--ablation", action="store_true", help=f"and once without each layer; writes {_ABLATION}"
    )
    parser.add_argument(
        "--safety-table",
        action="store_true",
        help="print the table of layers as Markdown, from the last campaign's files",
    )
    parser.add_argument("--case", type=counts.whole(0, 10**9), help="play one case again")
    parser.add_argument("--vcd", type=Path, help="with --case: write its waves")
    return parser.parse_args(arguments)


def _run(
    campaign: Campaign, wishes: argparse.Namespace, numbers: list[int], without: str | None
) -> list[dict]:
    """The results in the order of their numbers, from here or from the cluster."""
    cases = [(wishes.seed, number) for number in numbers if applies(wishes.seed, number, without)]
    found: list[dict] = []
    for result in (
        cluster.each(wishes.scheduler, cases, without, _say)
        if wishes.scheduler
        else campaign.each(cases, without)
    ):
        found.append(result)
        if result["outcome"] not in SAFE:
            _say(f"{result['outcome']}: case {result['case']}: {_what(result)}")
        if len(found) % _TELL_EVERY == 0 or len(found) == len(cases):
            _say(f"{len(found)} of {len(cases)} cases")
    return sorted(found, key=lambda result: result["case"])


def _replay(campaign: Campaign, wishes: argparse.Namespace) -> int:
    result, twin = campaign.run_here(wishes.seed, wishes.case, wishes.without)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    if wishes.vcd:
        try:
            wishes.vcd.parent.mkdir(parents=True, exist_ok=True)
            run_files.write_waves(wishes.vcd, twin, f"case {wishes.case} of seed {wishes.seed}")
        except OSError as error:
            raise Problem(
                f"cannot write {wishes.vcd}",
                seen=error.strerror or str(error),
                do_next="name another file",
            ) from error
    return {"unsafe": _UNSAFE, "unnoticed": _UNSAFE, "undecided": 1}.get(result["outcome"], 0)


def _file(wishes: argparse.Namespace) -> Path:
    """A campaign of some kinds only, or without a layer, is kept beside the whole one."""
    stem = (
        "faults"
        + ("-only" if wishes.only else "")
        + (f"-without-{wishes.without}" if wishes.without else "")
    )
    return _JSON.with_stem(stem)


def _numbers(wishes: argparse.Namespace) -> list[int]:
    """The first cases, or the first of the kinds asked for."""
    deck = [number for number, fault in enumerate(DECK) if wishes.only in fault.name]
    if not deck:
        raise BadUsage(
            f"--only {wishes.only!r}: no kind of fault has this in its name",
            do_next=f"use one of: {', '.join(f.name for f in FAULTS)}",
        )
    return [deck[k % len(deck)] + k // len(deck) * len(DECK) for k in range(wishes.runs)]


def _ablate(
    campaign: Campaign, wishes: argparse.Namespace, numbers: list[int], complete: dict
) -> None:
    without = {}
    for layer in LAYERS:
        _say(f"without {layer}")
        without[layer] = report.summary(_run(campaign, wishes, numbers, layer), _firmware())
    print()
    print_table(report.ablation_header(without), report.ablation_rows(complete, without))
    _write(
        _ABLATION,
        {
            "runs": wishes.runs,
            "seed": wishes.seed,
            "firmware": complete["firmware"],
            "without": without,
        },
    )


def _close(told: dict, wishes: argparse.Namespace) -> int:
    without = f" --without {wishes.without}" if wishes.without else ""
    for case in told["cases"]:
        print(
            f"{case['outcome']}: {_what(case)}\n"
            f"  again: .venv/bin/python -m evenpulse.faults --seed {wishes.seed} --case "
            f"{case['case']}{without} --vcd build/case-{case['case']}.vcd"
        )
    print(
        f"{told['runs']} cases, seed {wishes.seed}: {told['doubles']} of them two faults: "
        f"{told['unsafe']} unsafe, {told['unnoticed']} unnoticed, {told['undecided']} undecided"
    )
    return _UNSAFE if told["unsafe"] or told["unnoticed"] else 1 if told["undecided"] else 0


def _what(case: dict) -> str:
    why = (
        "; ".join(f"{finding['kind']}: {finding['what']}" for finding in case["unsafe"])
        or case["undecided"]
    )
    after = f" after {case['after']}" if case.get("after") else ""
    return f"{case['fault']}{after}, {case['stage']}, {case['situation']}: {why}"


def _firmware() -> Path:
    return firmware_files.folder("nmes2") / "firmware.uf2"


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise BadUsage(
            f"there is no {path}",
            do_next="run the campaign first: python -m evenpulse.faults --ablation",
        ) from error


def _write(path: Path, told: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def _say(text: str) -> None:
    print("  " + text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    ending.run("faults", main)
