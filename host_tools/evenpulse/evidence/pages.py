"""Writes the tables of the pages from what was measured and kept: tests/faults/kept, and
kept.json and silicon.json of tests/bench.

`python -m evenpulse.evidence.pages` renders; `make evidence` measures anew and keeps.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from evenpulse.base import ending
from evenpulse.base.errors import BadUsage, Problem
from evenpulse.evidence import silicon, slowest
from evenpulse.evidence.hazards import HAZARDS
from evenpulse.faults import report

if TYPE_CHECKING:
    from PIL.Image import Image

ROOT = Path(__file__).resolve().parents[3]
_COSTS = ROOT / "tests" / "costs.json"
_FAULTS = ROOT / "tests" / "faults" / "kept"
KEPT = {
    "campaign": _FAULTS / "campaign.json",
    "ablation": _FAULTS / "ablation.json",
    "quiet": _FAULTS / "quiet.json",
    "bench": ROOT / "tests" / "bench" / "kept.json",
    "slowest": ROOT / "tests" / "bench" / "slowest.json",
}
_INTERLOCKS = ("I1", "I2", "I3", "I4", "I5", "I6")
# Rows of the README's table of timing, and what each is in words.
_TIMING = {
    "T1": "phase and gap against the request",
    "T2.long": (
        "start of pulse k against k·T, 100 000 pulses at 150 pps and 10 000 at two other rates"
    ),
    "T3": (
        "the same during collection, link, log download, screen, journal, buttons, and all together"
    ),
    "T4": "channel 2 against channel 1 plus the offset",
    "T5": "TRIG_IN to the first edge, always the same (silicon: 2 more)",
    "F1": "memory allocated a pulse",
    "F1.free": "free memory in therapy",
    "F2": "CPU time at 2 × 100 pps",
    "F3": "power-on to READY, self-test and signature included",
    "F4": "a button to sound, current and screen (STOP is hardware)",
    "W1": "simulated seconds a second in therapy at 2 × 50 pps",
    "W2": "tests in which the twin and two other PIO models differ",
    "H1": "`evenpulse --help`",
    "H2": "log download against `mpremote fs cp` of the same bytes",
}
# Kept screens of tests/twin for the README's picture, and what each is.
_SCREENS = {
    "story_screens/ready": "ready: hold START",
    "story_screens/pain_6": "pain now, 0 to 10",
    "story_screens/running_6": "running: mA of each channel",
    "story_screens/locked_4": "locked 4 s after the last press",
    "screens/resting": "rest between contractions",
    "story_screens/lead_off": "a pad is off: what to do",
    "story_screens/skin": "the skin, after each session",
    "story_screens/full": "no more sessions today",
}
_SCREENS_ACROSS = 4
SCREENS_PICTURE = ROOT / "docs" / "pictures" / "screens.png"
_AT_LEAST = ("F1.free", "W1", "H2")


def kept() -> dict:
    """The kept results by name."""
    missing = [file for file in KEPT.values() if not file.is_file()]
    if missing:
        raise BadUsage(f"there is no {missing[0].relative_to(ROOT)}", do_next="make evidence")
    return {name: json.loads(file.read_text()) for name, file in KEPT.items()}


def _hazards(results: dict) -> str:
    rows, by_fault = _rows(results), results["campaign"]["by_fault"]
    lines = ["| hazard | harm | control | shown by | measured |", "|---|---|---|---|---|"]
    for hazard in HAZARDS:
        tests = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in hazard.tests)
        figures = "<br>".join(_figure(name, rows, by_fault) for name in hazard.figures) or "–"
        lines.append(
            f"| **{hazard.id}** {hazard.situation} | {hazard.harm} | {hazard.control} | {tests} | "
            f"{figures} |"
        )
    return "\n".join(lines) + "\n"


def _figure(name: str, rows: dict[str, dict], by_fault: dict[str, dict]) -> str:
    if name in rows:
        return f"{name}: {_value(rows[name])} (limit {rows[name]['limit']})"
    told = by_fault[name]
    return f"{name}: {told['unsafe']} of {told['runs']} unsafe"


def _contract(results: dict) -> str:
    lines = ["| | what | measured | limit |", "|---|---|---|---|"]
    lines += [
        f"| {id_} | {row['how']} | {_value(row)} | {row['limit']} |"
        for id_, row in _rows(results).items()
        if id_ in _INTERLOCKS
    ]
    return "\n".join(lines) + "\n"


def _timing(results: dict) -> str:
    lines, rows = (
        ["| | what | measured | limit | silicon |", "|---|---|---|---|---|"],
        _rows(results),
    )
    measured = silicon.rows()
    for id_, words in _TIMING.items():
        sign = "at least " if id_ in _AT_LEAST else ""
        lines.append(
            f"| {id_.partition('.')[0]} | {words} | {_value(rows[id_])} | "
            f"{sign}{rows[id_]['limit']} | "
            f"{measured.get(id_.partition('.')[0], silicon.NOT_ASKED)} |"
        )
    return "\n".join(lines) + "\n"


def _interlocks(results: dict) -> str:
    campaign, quiet, rows = results["campaign"], results["quiet"], _rows(results)
    lines, measured = (
        ["| | what | measured | limit | silicon |", "|---|---|---|---|---|"],
        silicon.rows(),
    )
    lines += [
        (
            f"| {id_} | {rows[id_]['how'].partition(';')[0]} | {_value(rows[id_])} | "
            f"{rows[id_]['limit']} | {measured.get(id_, silicon.NOT_ASKED)} |"
        )
        for id_ in _INTERLOCKS
    ]
    seconds = sum(one["simulated_s"] for one in quiet["sessions"])
    lines.append(
        f"| | unsafe outcomes in {campaign['runs']} injected faults of {len(campaign['by_fault'])} "
        f"kinds | {campaign['unsafe']} | 0 | {silicon.NOT_ASKED} |"
    )
    lines.append(
        f"| | of these, faults that had to be noticed and were not | "
        f"{campaign.get('unnoticed', '–')} | 0 | {silicon.NOT_ASKED} |"
    )
    lines.append(
        f"| | false trips in {seconds / 60:.0f} minutes of every preset's fastest stage | "
        f"{quiet['trips']} | 0 | {silicon.NOT_ASKED} |"
    )
    return "\n".join(lines) + "\n"


def _rows(results: dict) -> dict[str, dict]:
    return {row["id"]: row for row in results["bench"]["rows"]}


def _value(row: dict) -> str:
    value = row["value"]
    return f"{value:g} {row['unit']}" if isinstance(value, float) else f"{value} {row['unit']}"


def screens() -> "Image":
    """What the patient reads, one picture of the kept screens with what each is below it."""
    from PIL import Image, ImageDraw, ImageFont

    wide, high, gap, words = 2 * 128 + 12, 2 * 64 + 12, 10, 22
    rows = -(-len(_SCREENS) // _SCREENS_ACROSS)
    picture = Image.new(
        "RGB", (_SCREENS_ACROSS * (wide + gap) + gap, rows * (high + words + gap) + gap), "white"
    )
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for index, (name, caption) in enumerate(_SCREENS.items()):
        x, y = (
            gap + index % _SCREENS_ACROSS * (wide + gap),
            gap + index // _SCREENS_ACROSS * (high + words + gap),
        )
        lines = (ROOT / "tests" / "twin" / name).with_suffix(".txt").read_text().split()
        dots = Image.frombytes(
            "L", (128, 64), bytes(255 * (dot == "#") for line in lines for dot in line)
        )
        draw.rectangle((x, y, x + wide, y + high), fill="black")
        picture.paste(dots.resize((256, 128), Image.Resampling.NEAREST), (x + 6, y + 6))
        draw.text((x + 4, y + high + 3), caption, fill="#333333", font=font)
    return picture


def _costs(_results: dict) -> str:
    """CPU time of the tests, a folder a row, of what `make test-costs` has kept."""
    kept = json.loads(_COSTS.read_text())["files"]
    rows: dict[str, tuple[int, float]] = {}
    for file, (tests, cost_s) in kept.items():
        ring = "/".join(file.split("/")[:2])
        known = rows.get(ring, (0, 0.0))
        rows[ring] = known[0] + tests, known[1] + cost_s
    lines = ["| folder | tests | CPU seconds |", "|---|---|---|"]
    lines += [
        f"| `{ring}` | {tests} | {cost_s:.0f} |" for ring, (tests, cost_s) in sorted(rows.items())
    ]
    return "\n".join(lines) + "\n"


_Table = Callable[[dict], str]
PAGES: dict[Path, dict[str, _Table]] = {
    ROOT / "firmware" / "SAFETY.md": {
        "hazards": _hazards,
        "contract": _contract,
        "notice": lambda _results: report.notice_table(),
        "faults": lambda results: report.safety_table(
            results["campaign"], results["ablation"]["without"]
        ),
    },
    ROOT / "README.md": {"timing": _timing, "interlocks": _interlocks},
    ROOT / "CONTRIBUTING.md": {"costs": _costs},
    ROOT / "docs" / "explanation" / "not-known.md": {
        "slowest": lambda results: slowest.table(results["slowest"])
    },
}


def render(page: str, tables: dict[str, _Table], results: dict) -> str:
    """The page with its tables written anew between their marks."""
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if begin not in page or end not in page:
            raise Problem(
                f"the page has no marks for the table {name}",
                do_next=f"put {begin.strip()} and {end} where it belongs",
            )
        before, _, rest = page.partition(begin)
        page = before + begin + table(results) + end + rest.partition(end)[2]
    return page


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="evenpulse.evidence.pages", description=__doc__)
    parser.parse_args(arguments)
    for page, tables in PAGES.items():
        page.write_text(render(page.read_text(), tables, kept()))
    screens().save(SCREENS_PICTURE)
    return 0


if __name__ == "__main__":
    ending.run("pages", main)
