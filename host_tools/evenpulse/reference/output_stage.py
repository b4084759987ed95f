"""The page of the output stage: facts, broken parts and builds, from what was kept of last runs."""

import json
import textwrap
from pathlib import Path

from evenpulse.analog import monte_carlo, parts, summary
from evenpulse.base import boards
from evenpulse.looped import kept as looped
from evenpulse.reference.tables import head, table

_KEPT = Path(__file__).resolve().parents[3] / "tests" / "analog" / "kept.json"
_BUILDS = _KEPT.with_name("kept_builds.jsonl")
_LOOPED = _KEPT.with_name("kept_loop.jsonl")
_ABOUT = (
    "Renewed by `python -m evenpulse.analog` with `check`, `faults`, `keep`; its builds with "
    "`monte-carlo`, `keep-builds`; the firmware in the loop by `python -m evenpulse.looped`.",
    "The circuit has never been built: [what is shown and what is not]"
    "(../../boards/nmes2/output_stage/README.md).",
)
_CASES = (
    "A case is a fault, a moment, a load and an amplitude; "
    "not all have been played yet: those are planned that `cases.py` lists. Cap and asked current "
    "are the same. The firmware's answer is a model, `evenpulse.analog.reactions`. Unsafe is more "
    "than one pulse above the cap and a tenth, 30 µC in one flow, 100 µA of direct current over a "
    "second, or current 100 ms after the cut."
)
_IN_THE_LOOP = (
    "These 40 were played with the firmware itself on the twin, by `python -m evenpulse.looped`, "
    "at 40 mA into 500 Ω: its samples and its interlock are the circuit's, and the circuit gets "
    "its edges. Beside it what the model said of the same waves; all other cases were asked the "
    "model alone."
)
_UNSEEN = (
    "What no layer noticed, and the patient did not either. Those whose words begin with “latent” "
    "take a protection away, and no self-test of the firmware finds them yet."
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
            f"{_wrapped(summary.line(faults) + '. ' + _CASES)}\n",
            table(summary.HEADER, [list(row) for row in summary.rows(faults)]),
            _stopped(faults),
            f"## The real firmware in the loop\n\n{_wrapped(_IN_THE_LOOP)}\n",
            table(looped.HEADER, [[*row] for row in map(looped.cells, looped.read(_LOOPED)[1])]),
            f"## Nothing to see\n\n{_wrapped(_UNSEEN)}\n",
            table(("part", "faults", "in words"), _unseen(faults, soldered)),
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


def _stopped(faults: dict) -> str:
    if not faults["stopped"]:
        return ""
    stopped = "; ".join(faults["stopped"])
    return _wrapped(f"Without an answer, for the solver stopped: {stopped}.") + "\n"


def _unseen(faults: dict, soldered: dict[str, parts.Part]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for row in faults["faults"]:
        if set(row["who"]) == {summary.NOBODY} and not row["unsafe"]:
            found.setdefault(row["part"], []).append(row["fault"])
    return [
        [part, ", ".join(names), soldered[part].fails if part in soldered else ""]
        for part, names in found.items()
    ]
