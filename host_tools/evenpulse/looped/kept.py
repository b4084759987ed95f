"""What came of the loop, as it is kept and as a table."""

import hashlib
import json
from pathlib import Path

from evenpulse.analog import campaign, summary
from evenpulse.analog.deck import Drive
from evenpulse.analog.netlist import Circuit
from evenpulse.base import sources

HEADER = ("part", "fault", "moment", "the firmware", "after", "the model", "after", "patient")


def of(circuit: Circuit, drive: Drive) -> str:
    """Fingerprint of what the rows rest on: circuit, edges, and the firmware's sources."""
    rests_on = [campaign.fingerprint(circuit, drive), sources.of_firmware()]
    return hashlib.sha256(" ".join(rests_on).encode()).hexdigest()[:16]


def read(file: Path) -> tuple[dict, list[dict]]:
    head, *rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return head, rows


def cells(row: dict) -> tuple[str, ...]:
    outcome = row["with"]
    return (
        row["part"],
        row["fault"],
        row["moment"],
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
