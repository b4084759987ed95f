"""The firmware's own edges for the circuit: a session on the twin, played by the product's
command.
"""

import subprocess
import sys
from pathlib import Path

from evenpulse.analog.stimulus import EDGES, WAVES, Played
from evenpulse.base import boards
from evenpulse.base.errors import Problem

FOLDER = Path("build/analog")
_HERE = Path(__file__).parent
FILES = ("scenario.toml", "prescription.toml")
# Long after the last press of UP.
PULSE = 150
END_S = 40e-3


def run(board: dict, folder: Path) -> None:
    """Play the scenario on a board into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        text = (_HERE / name).read_text(encoding="utf-8")
        (folder / name).write_text(_on(board, text), encoding="utf-8")
    command = ["-m", "evenpulse", "twin", "run", str(folder / FILES[0]), "--out", str(folder)]
    ended = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Problem(
            "the session that drives the circuit could not be played",
            tried="evenpulse twin run",
            seen=ended.stderr.strip(),
            do_next="make setup",
        )


def edges(board: dict, folder: Path | None = None) -> Played:
    """Of the last run in the folder; played first when there is none."""
    folder = folder or FOLDER / board["NAME"] / "run"
    if not all((folder / name).is_file() for name in (EDGES, WAVES)):
        run(board, folder)
    return Played(folder, board)


def _on(board: dict, text: str) -> str:
    """The files are nmes2's; a board with one channel has none for the second."""
    text = text.replace(f'board = "{boards.DEFAULT}"', f'board = "{board["NAME"]}"')
    if board["CHANNELS"] > 1:
        return text
    return text.replace("channels = [1, 2]", "channels = [1]").replace(
        "ch2_ma = 30.0", "ch2_ma = 0.0"
    )
