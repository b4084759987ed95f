"""Scores of the twin beside those that people measured on silicon: how far each is off, and
whether all of them are near enough.
"""

import json
from pathlib import Path
from statistics import median
from typing import NamedTuple

PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text())
MEDIAN_PERCENT, EACH_PERCENT, COUNT = 5, 15, 10


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
