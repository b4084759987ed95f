"""What came of the loop, as it is kept and as a table."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from evenpulse.analog import campaign, summary
from evenpulse.analog.deck import Drive
from evenpulse.analog.netlist import Circuit
from evenpulse.base import sources

HEADER = (
    "part",
    "fault",
    "moment",
    "at",
    "the firmware",
    "after",
    "the model",
    "after",
    "patient",
)


def of(circuit: Circuit, drive: Drive) -> str:
    """Fingerprint of what the rows rest on: circuit, edges, and the firmware's sources."""
    rests_on = [campaign.fingerprint(circuit, drive), sources.of_firmware()]
    return hashlib.sha256(" ".join(rests_on).encode()).hexdigest()[:16]


def read(file: Path) -> tuple[dict, list[dict]]:
    head, *rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return head, rows


def key(row: dict) -> tuple[str, str, int, str]:
    """Of a row: fault, moment, mA and load."""
    return f"{row['part']} {row['fault']}", row["moment"], row["ma"], row["load"]


def told(rows: Sequence[dict]) -> list[dict]:
    """Each fault where it was played first, and below it where firmware or patient fared
    otherwise.
    """
    groups: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        groups.setdefault((row["part"], row["fault"]), []).append(row)
    return [
        row for same in groups.values() for row in same if row is same[0] or _other(same[0], row)
    ]


def _other(first: dict, row: dict) -> bool:
    def fared(one: dict) -> tuple:
        return one["reason"], one["modelled"], one["with"]["unsafe"]

    return fared(first) != fared(row)


def cells(row: dict) -> tuple[str, ...]:
    outcome = row["with"]
    return (
        row["part"],
        row["fault"],
        row["moment"],
        f"{row['ma']} mA, {row['load']}",
        row["reason"],
        summary.time(row["after_us"]),
        row["modelled"],
        summary.time(row["modelled_us"]),
        "; ".join([summary.patient(outcome), *outcome["unsafe"]]),
    )


def words(row: dict | None) -> str:
    if row is None:
        return "no answer"
    return f"{row['reason'] or 'nobody'} {summary.time(row['after_us'])}".strip()
