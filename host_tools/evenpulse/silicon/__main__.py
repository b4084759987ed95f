"""`make silicon-time`: MicroPython's benchmarks on the twin, beside what people measured on a
Raspberry Pi Pico; with --layouts in other orders of flash too; with --slowest what an empty cache
and the slowest flash make of the contract.
"""

import argparse
import json
import sys
from pathlib import Path

from evenpulse.base import counts, ending
from evenpulse.base.errors import BadUsage, Problem
from evenpulse.base.printable import printable
from evenpulse.base.printing import print_table
from evenpulse.emulator import loop
from evenpulse.silicon import beside, cold, scores

_CASES, _LAYOUTS_MAX = 24, 1_000
_UPSTREAM, _JSON = Path("build/upstream"), Path("build/silicon.json")


def main(arguments: list[str] | None = None) -> int:
    """0 when it has measured: how near the twin comes to silicon is for the reader to judge."""
    wishes = _wishes(arguments)
    if wishes.slowest:
        return _show_slowest(wishes.cases or _CASES)
    bench, images = wishes.upstream / "perf_bench", sorted(wishes.upstream.glob("*.bin"))
    if not bench.is_dir() or not images:
        raise Problem(
            f"{wishes.upstream}: no benchmarks and no firmware of MicroPython in it",
            do_next="make silicon-time",
        )
    named = _named(wishes.benchmark, scores.benchmarks(bench))
    _JSON.parent.mkdir(parents=True, exist_ok=True)
    found = {
        image.stem: _measure(scores.firmware(image, _JSON.parent / "silicon"), bench, named)
        for image in images
    }
    _JSON.write_text(json.dumps(found, indent=1) + "\n")
    _show(found)
    for one in beside.published()["scores"] if wishes.layouts else []:
        image = wishes.upstream / f"{one['firmware']}.bin"
        firmware = scores.firmware(image, _JSON.parent / "silicon")
        mine = [name for name in one["by_benchmark"] if name in named]
        layouts = range(1, wishes.layouts + 1)
        _show_layouts(one, [_measure(firmware, bench, mine, layout) for layout in layouts])
    return 0


def _named(wished: list[str] | None, known: list[str]) -> list[str]:
    """The benchmarks to run."""
    beside.refuse_unknown(known)
    unknown = [name for name in wished or [] if name not in known]
    if unknown:
        raise BadUsage(
            f"--benchmark {printable(unknown[0])}: MicroPython has no such benchmark",
            seen="known: " + ", ".join(known),
            do_next="choose one of them",
        )
    return list(dict.fromkeys(wished or known))


def _wishes(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evenpulse.silicon", description=__doc__)
    parser.add_argument(
        "--upstream", type=Path, default=_UPSTREAM, help="benchmarks and firmware (%(default)s)"
    )
    parser.add_argument("--benchmark", action="append", help="only this one; may be repeated")
    parser.add_argument(
        "--layouts",
        type=counts.whole(most=_LAYOUTS_MAX),
        help="as if flash had been linked in so many other orders, too (none)",
    )
    parser.add_argument(
        "--slowest", action="store_true", help="the worst moments and the self-test instead"
    )
    parser.add_argument("--cases", type=counts.whole(), help=f"of the worst moments ({_CASES})")
    wishes = parser.parse_args(arguments)
    if wishes.slowest and (wishes.benchmark or wishes.layouts):
        parser.error("--slowest runs no benchmark: leave --benchmark and --layouts out")
    if wishes.cases and not wishes.slowest:
        parser.error("--cases counts what --slowest looks at: add --slowest")
    return wishes


def _measure(firmware: Path, bench: Path, names: list[str], layout: int = 0) -> dict[str, float]:
    """Each benchmark on a device of its own, as run-perfbench restarts it."""
    found = {}
    for name in names:
        print(f"{firmware.stem} {layout}: {name}", file=sys.stderr)
        value = scores.score(
            scores.Pico(firmware, layout=layout),
            bench,
            name,
            beside.published()["n"],
            beside.published()["m"],
        )
        if value is not None:
            found[name] = round(value, 2)
    return found


def _show(found: dict[str, dict[str, float]]) -> None:
    for one in beside.published()["scores"]:
        here = found.get(one["firmware"], {})
        off = beside.off_percent(here, one["by_benchmark"])
        print(f"\n{one['name']}, {one['clock_mhz']} MHz: {one['what']}\n{one['source']}")
        rows = [
            [name, one["by_benchmark"][name], here[name], f"{percent:+.1f} %"]
            for name, percent in off.items()
        ]
        print_table(["", "silicon", "twin", "off"], rows)
        if off:
            verdict = beside.verdict(off)
            print(f"{'' if verdict.near else 'not '}near enough: {verdict}")
    for one in beside.published()["gains"]:
        gains = beside.gain_percent(found.get("vm_in_flash", {}), found.get("vm_in_ram", {}))
        both = {name: gains[name] for name in one["percent_by_benchmark"] if name in gains}
        print(f"\n{one['name']}, {one['clock_mhz']} MHz: {one['what']}\n{one['source']}")
        rows = [
            [name, f"{one['percent_by_benchmark'][name]:+.1f} %", f"{percent:+.1f} %"]
            for name, percent in both.items()
        ]
        print_table(["", "silicon", "twin"], rows)
        if both:
            silicon = sum(one["percent_by_benchmark"][name] for name in both) / len(both)
            print(f"mean {silicon:+.1f} % on silicon, {sum(both.values()) / len(both):+.1f} % here")


def _show_layouts(one: dict, found: list[dict[str, float]]) -> None:
    """How far the order of flash alone moves what is measured."""
    if not found[0]:
        return
    offs = [beside.off_percent(scored, one["by_benchmark"]) for scored in found]
    print(f"\n{one['name']}, flash in {len(found)} other orders: least, middle, most")
    rows: list[list[object]] = [
        [name, *beside.spread([off[name] for off in offs])] for name in offs[0]
    ]
    print_table(["", "least", "middle", "most"], rows)
    print("median:", *beside.spread([beside.verdict(off).median_percent for off in offs]))


def _show_slowest(cases: int) -> int:
    # The rows make their own twins.
    with loop.on("worst"):
        print_table(["self-test", "value", "window", "", ""], cold.self_test())
        rows = cold.rows(cases, _say)
    print_table(
        ["", "silicon's time", "limit", "unit"], [[r.id, r.value, r.limit, r.unit] for r in rows]
    )
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    ending.run("silicon", main)
