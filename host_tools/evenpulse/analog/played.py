"""The firmware's own edges for the circuit: a session on the twin, played by the product's
command.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from evenpulse.analog.stimulus import EDGES, WAVES, Played
from evenpulse.base.errors import Problem

FOLDER = Path("build/analog/run")
_HERE = Path(__file__).parent
FILES = ("scenario.toml", "prescription.toml")
# Long after the last press of UP.
PULSE = 150
END_S = 40e-3


def run(folder: Path) -> None:
    """Play the scenario into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(_HERE / name, folder)
    command = ["-m", "evenpulse", "twin", "run", str(folder / FILES[0]), "--out", str(folder)]
    ended = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise Problem(
            "the session that drives the circuit could not be played",
            tried="evenpulse twin run",
            seen=ended.stderr.strip(),
            do_next="make setup",
        )


def edges(board: dict, folder: Path = FOLDER) -> Played:
    """Of the last run in the folder; played first when there is none."""
    if not all((folder / name).is_file() for name in (EDGES, WAVES)):
        run(folder)
    return Played(folder, board)
