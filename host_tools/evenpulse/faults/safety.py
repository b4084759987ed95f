"""Writes the tables of firmware/SAFETY.md from what was measured and kept: tests/faults/kept.

`python -m evenpulse.faults.safety` renders; `--keep` first takes build/faults.json, build/faults-ablation.json and the rows I1 to
I6 of build/bench.json over.
"""

import argparse
import json
import sys
from pathlib import Path

from evenpulse.errors import BadUsage, Problem
from evenpulse.faults import report
from evenpulse.faults.hazards import HAZARDS

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "firmware" / "SAFETY.md"
KEPT = ROOT / "tests" / "faults" / "kept"
_BUILT = {"campaign.json": "build/faults.json", "ablation.json": "build/faults-ablation.json", "interlock.json": "build/bench.json"}
_TABLES = ("hazards", "contract", "faults")


def kept() -> dict[str, dict]:
    """The three kept results by name."""
    return {name.removesuffix(".json"): json.loads((KEPT / name).read_text()) for name in _BUILT}


def keep() -> None:
    """Take the last results over; the bench's rows of the interlock alone."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for name, source in _BUILT.items():
        path = ROOT / source
        if not path.is_file():
            raise BadUsage(f"there is no {source}", do_next="make faults N=1000 FAULTS_ARGS=--ablation; make bench")
        told = json.loads(path.read_text())
        if name == "interlock.json":
            told = [row for row in told if row["id"] in ("I1", "I2", "I3", "I4", "I5", "I6")]
        (KEPT / name).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def render(page: str, results: dict[str, dict]) -> str:
    """The page with its tables written anew between their marks."""
    rows = {row["id"]: row for row in results["interlock"]}
    tables = {
        "hazards": _hazards(rows, results["campaign"]["by_fault"]),
        "contract": _contract(rows),
        "faults": report.safety_table(results["campaign"], results["ablation"]["without"]),
    }
    for name in _TABLES:
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if begin not in page or end not in page:
            raise Problem(f"{PAGE.name} has no marks for the table {name}", do_next=f"put {begin.strip()} and {end} where it belongs")
        before, _, rest = page.partition(begin)
        page = before + begin + tables[name] + end + rest.partition(end)[2]
    return page


def _hazards(rows: dict[str, dict], by_fault: dict[str, dict]) -> str:
    lines = ["| hazard | harm | control | shown by | measured |", "|---|---|---|---|---|"]
    for hazard in HAZARDS:
        tests = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in hazard.tests)
        figures = "<br>".join(_figure(name, rows, by_fault) for name in hazard.figures) or "–"
        lines.append(f"| **{hazard.id}** {hazard.situation} | {hazard.harm} | {hazard.control} | {tests} | {figures} |")
    return "\n".join(lines) + "\n"


def _figure(name: str, rows: dict[str, dict], by_fault: dict[str, dict]) -> str:
    if name in rows:
        return f"{name}: {rows[name]['value']} {rows[name]['unit']} (limit {rows[name]['limit']})"
    told = by_fault[name]
    return f"{name}: {told['unsafe']} of {told['runs']} unsafe"


def _contract(rows: dict[str, dict]) -> str:
    lines = ["| | what | measured | limit |", "|---|---|---|---|"]
    lines += [f"| {id_} | {row['how']} | {row['value']} {row['unit']} | {row['limit']} |" for id_, row in sorted(rows.items())]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="evenpulse.faults.safety", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="take the last results over first")
    if parser.parse_args(arguments).keep:
        keep()
    PAGE.write_text(render(PAGE.read_text(), kept()))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Problem as problem:
        print(f"safety: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
