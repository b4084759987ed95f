"""Scores of the twin beside those that people measured on silicon: how far each is off, and
whether all of them are near enough.
"""

import functools
import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from evenpulse.base.errors import Problem
from evenpulse.base.files import read_bounded

FILE = Path(__file__).parent / "published.json"
MEDIAN_PERCENT, EACH_PERCENT, COUNT = 5, 15, 10
FIRMWARE = ("vm_in_ram", "vm_in_flash")
_BYTES_MAX = 1_000_000
# {field: (whether it can be meant, what is meant)}
_FACTS: dict[str, tuple[Callable[[Any], object], str]] = {
    "name": (lambda v: re.fullmatch(r"\d{4}-\d\d-\d\d", str(v)), "the day, YYYY-MM-DD"),
    "source": (lambda v: str(v).startswith("https://"), "where it was published, https://…"),
    "what": (lambda v: isinstance(v, str) and v, "what was measured, in words"),
    "clock_mhz": (lambda v: _number(v) and v > 0, "the chip's clock, above 0"),
}


@functools.cache
def published(file: Path = FILE) -> dict[str, Any]:
    """What people have published; raises Problem with the entry that cannot be meant."""
    try:
        told = json.loads(read_bounded(file, _BYTES_MAX), object_pairs_hook=_no_twice)
        wrong = next(_wrong(told), "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        wrong = f"it has another shape: {type(error).__name__}: {error}"
    if wrong:
        raise Problem(f"{file}: {wrong}", do_next="compare it with its source, and mend it there")
    return dict(told)


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice} is there twice")
    return dict(pairs)


def _wrong(told: dict[str, Any]) -> Iterator[str]:
    for name in ("n", "m"):
        if type(told[name]) is not int or told[name] < 1:
            yield f"{name} is {told[name]!r}: a whole number from 1 is meant"
    for kind, figures in (("scores", "by_benchmark"), ("gains", "percent_by_benchmark")):
        for one in told[kind]:
            yield from _wrong_entry(kind, one, figures)
    for one in told["scores"]:
        if one["firmware"] not in FIRMWARE:
            yield f"scores, {one['name']}: firmware {one['firmware']!r} is none of {FIRMWARE}"


def _wrong_entry(kind: str, one: dict[str, Any], figures: str) -> Iterator[str]:
    for name, (fits, meant) in _FACTS.items():
        if not fits(one[name]):
            yield f"{kind}: {name} is {one[name]!r}: {meant} is meant"
    if len(one[figures]) < COUNT:
        yield f"{kind}, {one['name']}: {len(one[figures])} benchmarks, at least {COUNT} are meant"
    for name, value in one[figures].items():
        if not _number(value) or kind == "scores" and value <= 0:
            yield f"{kind}, {one['name']}: {name} is {value!r}: no such figure can be measured"


def _number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def refuse_unknown(known: list[str]) -> None:
    """Raise Problem for a published benchmark that MicroPython does not have: it would be left out
    unseen.
    """
    told = published()
    named = [n for one in told["scores"] for n in one["by_benchmark"]]
    named += [n for one in told["gains"] for n in one["percent_by_benchmark"]]
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise Problem(
            f"{FILE}: MicroPython has no benchmark {', '.join(unknown)}",
            seen="known: " + ", ".join(known),
            do_next="compare it with its source, and mend it there",
        )


class Verdict(NamedTuple):
    """How far the scores of one publication are off: the middle one, and which are too far off."""

    benchmarks: int
    median_percent: float
    outside: list[str]

    @property
    def near(self) -> bool:
        return (
            self.benchmarks >= COUNT
            and abs(self.median_percent) <= MEDIAN_PERCENT
            and not self.outside
        )

    def __str__(self) -> str:
        outside = f"; further off than {EACH_PERCENT} %: {', '.join(self.outside)}"
        return (
            f"{self.benchmarks} benchmarks, median {self.median_percent:+.1f} % (wanted: "
            f"{MEDIAN_PERCENT})" + outside * bool(self.outside)
        )


def off_percent(scores: dict[str, float], published: dict[str, float]) -> dict[str, float]:
    """{benchmark: how much faster than silicon} of what both have."""
    return {
        name: 100 * (scores[name] / value - 1)
        for name, value in published.items()
        if name in scores
    }


def verdict(off: dict[str, float]) -> Verdict:
    outside = [name for name, percent in off.items() if abs(percent) > EACH_PERCENT]
    return Verdict(len(off), median(off.values()), outside)


def gain_percent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """{benchmark: how much faster} from one firmware to another."""
    return off_percent(after, before)


def spread(percents: list[float]) -> list[str]:
    """The least of them, the middle one, the most."""
    return [f"{one:+.1f} %" for one in (min(percents), median(percents), max(percents))]
