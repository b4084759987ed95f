"""How to add a board, as boards/README.md says: its own commands, in a temporary folder, to a
device that runs.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import rig

CHECKOUT = Path(__file__).resolve().parents[2]
_PAGE = (CHECKOUT / "boards" / "README.md").read_text()
# The commands of each block.
BLOCKS = [
    "\n".join(re.findall(r"^\$ (.*)", block, re.M))
    for block in re.findall(r"```console[^\n]*\n(.*?)```", _PAGE, re.DOTALL)
]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder that looks like the checkout to the page's commands; what they make stays in it."""
    for name in ("Makefile", "boards", "firmware", "host_tools", ".venv"):
        (tmp_path / name).symlink_to(CHECKOUT / name)
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path / "my-boards"))
    yield tmp_path
    shutil.rmtree(CHECKOUT / "build" / "firmware" / "mine", ignore_errors=True)


def _follow(desk, block):
    # As typed by hand: what a make around the tests has told its children is not for theirs.
    by_hand = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(
        ["sh", "-e", "-c", block],
        cwd=desk,
        capture_output=True,
        text=True,
        check=False,
        env=by_hand,
    )


def test_the_page_s_commands_make_a_board_that_runs(desk):
    copy, build, check = BLOCKS
    assert _follow(desk, copy).returncode == 0
    board = desk / "my-boards" / "mine" / "board.py"
    board.write_text(board.read_text().replace("MAX_UA = 50_000", "MAX_UA = 20_000", 1))
    done = _follow(desk, build)
    assert done.returncode == 0 and done.stdout.strip().endswith(
        "build/firmware/mine/firmware.uf2"
    ), done.stderr
    answer = _follow(desk, check)
    assert (
        answer.returncode == 0
        and "stop loop closed" in answer.stdout
        and "outside" not in answer.stdout
    ), answer.stderr
    twin = rig.running(
        rig.prescribed_flash(rig.program(channels=[1]), cap_ma=20, board="mine"),
        ups=2,
        board="mine",
    )
    twin.run_ms(200)
    assert twin.board["NAME"] == "mine" and 1.9 < twin.world.channels[0].peak_ua / 1_000 <= 2


def test_a_slip_on_the_way_is_named_before_anything_is_built(desk):
    assert _follow(desk, BLOCKS[0]).returncode == 0
    board = desk / "my-boards" / "mine" / "board.py"
    text = board.read_text()
    board.write_text(text.replace('"HV_EN": (6,', '"HV_EN": (7,', 1))
    done = _follow(desk, BLOCKS[1])
    line = next(k for k, row in enumerate(text.split("\n"), 1) if '"HV_EN"' in row)
    assert (
        done.returncode != 0
        and f"board.py:{line}" in done.stderr
        and "consecutive" in done.stderr
        and "ninja" not in done.stderr
    ), done.stderr
