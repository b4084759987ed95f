"""The output stage of nmes2, and one session of the firmware on the twin that drives it."""

import kept_answers
import pytest

from evenpulse.analog import netlist, parts, played, spice
from evenpulse.base import boards

# Before anything is kept
_PLAINLY = spice.run


@pytest.fixture(scope="session")
def plainly():
    """ngspice itself, asked each time."""
    return _PLAINLY


@pytest.fixture(autouse=True, scope="session")
def _answers_are_kept():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spice, "run", kept_answers.of(_PLAINLY))
        yield


@pytest.fixture(scope="session")
def board():
    return boards.load("nmes2")


@pytest.fixture(scope="session")
def folder():
    return boards.folder() / "nmes2" / "output_stage"


@pytest.fixture(scope="session")
def circuit(folder):
    return netlist.read(folder)


@pytest.fixture(scope="session")
def soldered(folder, board):
    return parts.read(folder, board["CHANNELS"])


@pytest.fixture(scope="session")
def session(board, tmp_path_factory):
    return played.edges(board, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def drive(session):
    return session.drive(1, played.PULSE, played.END_S)
