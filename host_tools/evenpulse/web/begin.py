"""What a page begins with: a prescription, or a scenario that plays, or what is there to try."""

from pathlib import Path
from typing import NamedTuple

from evenpulse.base import boards, toml_file
from evenpulse.base.errors import BadUsage
from evenpulse.prescription import file as prescription
from evenpulse.scenario import file as scenario

TOUR = Path(__file__).with_name("tour")
# To try, by the number of channels.
_OWN = {1: TOUR / "one-channel.toml", 2: TOUR / "prescription.toml"}


class Begin(NamedTuple):
    board: str
    rx: Path
    scenario: Path | None


def at(path: Path | None, board: str) -> Begin:
    """Read and checked before anything is started. A file with until_ms is a scenario."""
    if path and "until_ms" in toml_file.read(path, BadUsage).document:
        told = scenario.read(path)
        prescription.read(told.prescription, told.board)
        return Begin(told.board, told.prescription, path)
    rx = path or _OWN[boards.load(board)["CHANNELS"]]
    prescription.read(rx, board)
    return Begin(board, rx, None)


def tour(rx: Path, board: str) -> dict[str, scenario.Scenario]:
    """The steps by name, in their order; none on another board, or with another prescription, than
    their own.
    """
    steps = {step.stem: scenario.read(step) for step in sorted(TOUR.glob("[0-9]-*.toml"))}
    return {
        name: step for name, step in steps.items() if (step.prescription, step.board) == (rx, board)
    }
