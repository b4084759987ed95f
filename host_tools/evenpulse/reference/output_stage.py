"""The page of the output stage: facts, broken parts and builds, from what was kept of last runs."""

import json
import textwrap
from collections import Counter
from functools import partial
from pathlib import Path

from evenpulse.analog import monte_carlo, parts, summary
from evenpulse.analog.breaking import SOFT
from evenpulse.base import boards
from evenpulse.looped import kept as looped
from evenpulse.reference.tables import head, table

_KEPT = Path(__file__).resolve().parents[3] / "tests" / "analog" / "kept.json"
_KEPT_ZERO1 = _KEPT.with_name("kept_zero1.json")
_BUILDS = _KEPT.with_name("kept_builds.jsonl")
_LOOPED = _KEPT.with_name("kept_loop.jsonl")
_ABOUT = (
    "Renewed by `python -m evenpulse.analog` with `check`, `faults`, `keep` (zero1's by `--board "
    "zero1`); its builds with `monte-carlo`, `keep-builds`; the firmware in the loop by "
    "`python -m evenpulse.looped`.",
    "The circuit has never been built: [what is shown and what is not]"
    "(../../boards/nmes2/output_stage/README.md).",
)
_CASES = (
    "A case is a fault, a moment, a load and an amplitude; those are planned that `cases.py` "
    "lists. Cap and asked current are the same. The firmware's answer is a model, "
    "`evenpulse.analog.reactions`. Unsafe is more than one pulse above the cap and a tenth, 30 µC "
    "in one flow, 100 µA of direct current over a second, or current 100 ms after the cut."
)
_ZERO1 = (
    "Its full scale is 50 mA, so that these are the currents of nmes2 at twice the drive. A fault "
    "that was caught by one layer in one case and by another in the next counts for both."
)
_IN_THE_LOOP = (
    "These 40 were played with the firmware itself on the twin, by `python -m evenpulse.looped`, "
    "each at 40 and 10 mA into 500 Ω and into 1 kΩ and dry skin: its samples and its interlock are "
    "the circuit's, and the circuit gets its edges. Beside it what the model said of the same "
    "waves; all other cases were asked the model alone. A fault has more than one row where "
    "firmware or patient fared otherwise than at 40 mA into 500 Ω."
)
_UNSEEN = (
    "What no layer noticed, and the patient did not either. Those whose words begin with “latent” "
    "take a protection away, and no self-test of the firmware finds them yet."
)
_UNSEEN_DC = (
    "The most of each fault: as the mean of a second where the first pulses have 50 µA or more, "
    "else of the last pulse that was played. A leg at rest trips from 58 µA on; what is below it "
    "ends in the series capacitors, within the first second or two."
)
_DRAWN = (
    "Each resistor and capacitor anywhere within its tolerance, offsets of op-amps within 2 mV, "
    "{low} to {high} °C, 500 Ω; in per cent."
)


def text() -> str:
    kept = json.loads(_KEPT.read_text(encoding="utf-8"))
    faults = kept["faults"]
    soldered = parts.read(boards.folder() / "nmes2" / "output_stage", 2)
    return "\n".join(
        (
            head("The output stage in SPICE", "`tests/analog/kept.json`", *_ABOUT),
            "## Facts of board.py\n",
            table(("fact", "board.py or demand", "circuit", "", "how"), kept["facts"]),
            "## Each part broken\n",
            f"{_wrapped(f'{summary.line(faults)}. {_CASES} {_limits(faults)}'.strip())}\n",
            _coverage(faults),
            table(summary.HEADER, [list(row) for row in summary.rows(faults)]),
            _asked(faults),
            _of_zero1(json.loads(_KEPT_ZERO1.read_text(encoding="utf-8"))["faults"]),
            f"## The real firmware in the loop\n\n{_wrapped(_IN_THE_LOOP)}\n",
            table(
                looped.HEADER,
                [[*row] for row in map(looped.cells, looped.told(looped.read(_LOOPED)[1]))],
            ),
            f"## Nothing to see\n\n{_wrapped(_UNSEEN)}\n",
            table(("part", "faults", "in words"), _unseen(faults, soldered)),
            f"## Direct current that nobody sees\n\n{_wrapped(_UNSEEN_DC)}\n",
            table(
                summary.DC_HEADER,
                [[*row] for row in summary.unseen_dc(faults, partial(_fails, soldered))],
            ),
            _builds(list(monte_carlo.kept(_BUILDS).values())),
        )
    )


def _builds(found: list[monte_carlo.Build | None]) -> str:
    if not found:
        return "## Builds from their tolerances\n\nNot kept yet: `make monte-carlo`.\n"
    builds = monte_carlo.summary(found)
    low, high = builds["celsius"]
    count = f"{builds['builds']} builds, {builds['stopped']} more without an answer"
    about = f"## {count}\n\n{_wrapped(_DRAWN.format(low=low, high=high))}\n\n"
    return about + table(monte_carlo.HEADER, [list(row) for row in monte_carlo.rows(builds)])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False)


def _coverage(faults: dict) -> str:
    header, rows = summary.coverage(faults)
    return table(header, [[*row] for row in rows])


def _limits(faults: dict) -> str:
    found = summary.limits(faults)
    return f"Known limits: {'; '.join(found)}." if found else ""


def _asked(faults: dict) -> str:
    """What the solver had no answer to, or to a softer fault alone."""
    told = ""
    if faults["stopped"]:
        told += f"Without an answer, for the solver stopped: {'; '.join(faults['stopped'])}. "
    if faults["softer"]:
        told += (
            f"Of {len(faults['softer'])} cases it found a way on only when the fault was {SOFT}: "
            f"{', '.join(sorted({name.split(' | ')[0] for name in faults['softer']}))}."
        )
    if faults["finer"]:
        told += (
            f" {faults['finer']} cases were near a limit, or beyond it, with the campaign's quick "
            "steps: they are told as finer steps of the solver have them."
        )
    return _wrapped(told.strip()) + "\n" if told else ""


def _of_zero1(faults: dict) -> str:
    """How many of its faults somebody caught: its circuit is nmes2's with other values."""
    counts = Counter(who for row in faults["faults"] for who in row["who"])
    rows = [[who, str(count)] for who, count in counts.most_common()]
    about = f"{summary.line(faults)}. {_ZERO1} {_limits(faults)}".strip()
    unsafe = [list(summary.words(row)) for row in faults["faults"] if row["unsafe"]]
    return (
        f"## Each part of zero1 broken\n\n{_wrapped(about)}\n\n"
        + _coverage(faults)
        + table(("caught by", "faults"), rows)
        + (table(summary.HEADER, unsafe) if unsafe else "")
    )


def _unseen(faults: dict, soldered: dict[str, parts.Part]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for row in faults["faults"]:
        if set(row["who"]) == {summary.NOBODY} and not row["unsafe"]:
            found.setdefault(row["part"], []).append(row["fault"])
    return [[part, ", ".join(names), _fails(soldered, part)] for part, names in found.items()]


def _fails(soldered: dict[str, parts.Part], part: str) -> str:
    return soldered[part].fails if part in soldered else ""
