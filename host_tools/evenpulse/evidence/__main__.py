"""`make evidence`: renews what is kept of bench, long run, campaign, ablation, quiet sessions and
the slowest moments, then the pages that show it.

A part that is of these sources already stays. A run that was killed goes on where it was.
"""

import argparse
import os
from pathlib import Path

from evenpulse.base import counts, ending, sources
from evenpulse.evidence import pages
from evenpulse.evidence.parts import CASES, PARTS, Part
from evenpulse.evidence.work import Store, refuse, run, say

_BUILD = Path("build/evidence")
_UNSAFE = 6


def main(arguments: list[str] | None = None) -> int:
    """0 when all was made and nothing unsafe was found, 6 when something was, 1 when a promise
    is broken or a case undecided.
    """
    wishes = _wishes(arguments)
    stale = [part for part in PARTS if not part.is_current(wishes.cases)]
    if wishes.part:
        stale = [part for part in stale if part.name in wishes.part]
    for part in PARTS:
        say(f"{part.name}: {_stands(part, stale, wishes.cases)}")
    for together in (
        [part for part in stale if not part.alone],
        *([part] for part in stale if part.alone),
    ):
        _renew(together, wishes)
    pages.main([])
    return _judge({part.name: part.kept() for part in PARTS})


def _wishes(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evenpulse.evidence", description=__doc__)
    parser.add_argument(
        "--cases",
        type=counts.whole(),
        default=CASES,
        help="of the campaign, over all its seeds (%(default)s)",
    )
    parser.add_argument(
        "--part",
        action="append",
        choices=[part.name for part in PARTS],
        help="renew this one only; may be repeated (all)",
    )
    parser.add_argument(
        "--jobs", type=counts.whole(), default=os.cpu_count() or 2, help="at once (%(default)s)"
    )
    return parser.parse_args(arguments)


def _stands(part: Part, stale: list[Part], cases: int) -> str:
    if part in stale:
        return "to do"
    return "is of these sources" if part.is_current(cases) else "is of other sources, not asked for"


def _renew(parts: list[Part], wishes: argparse.Namespace) -> None:
    """Every job of these parts; then each is kept as a whole."""
    stores = {part.name: Store(_BUILD / f"{part.name} {_short(part)}.jsonl") for part in parts}
    jobs = {part.name: part.jobs(wishes.cases) for part in parts}
    refuse(
        run([(stores[name], job) for name, mine in jobs.items() for job in mine], wishes.jobs, say)
    )
    for part in parts:
        part.keep({job.name: stores[part.name].results[job.name] for job in jobs[part.name]})
        say(f"{part.name}: kept in {part.file}")


def _short(part: Part) -> str:
    return "-".join(one[:12] for one in sources.of(part.name).values())


def _judge(kept: dict[str, dict]) -> int:
    """Over all that is kept: the slowest moments count as every other."""
    campaign, slowest = kept["campaign"], kept["slowest"]
    rows = *kept["bench"]["rows"], *slowest["rows"]
    broken = [row["id"] for row in rows if row["ok"] is False]
    found = {
        "unsafe": campaign["unsafe"],
        "undecided": campaign["undecided"],
        "false trips": kept["quiet"]["trips"] + slowest["quiet"]["trips"],
        "broken promises": len(broken),
    }
    print(
        f"{campaign['runs']} cases; "
        + ", ".join(f"{count} {what}" for what, count in found.items())
        + (f" ({', '.join(broken)})" if broken else "")
    )
    return _UNSAFE if found["unsafe"] or found["false trips"] else 1 if any(found.values()) else 0


if __name__ == "__main__":
    ending.run("evidence", main)
