"""A command of the warm tool is the command: the same words, streams and exit code, in the caller's
folder and environment; and it ends with its caller.
"""

import contextlib
import os
import socket
import subprocess

import pytest
from hang import HANG_S
from page_blocks import ROOT
from sample_prescription import GOOD_TOML
from served_twin import ServedTwin
from warm_tool import WarmTool

COMMANDS = {
    "data": ["prescribe", "check", "pain.toml", "--json"],
    "an error": ["prescribe", "check", "not-there.toml"],
    "wrong usage": ["nothing"],
    "what the environment says": ["outputs", "pain.toml"],
}


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    with WarmTool(tmp_path_factory.mktemp("tool")) as made:
        yield made.bin / "evenpulse"


@pytest.mark.parametrize("what", COMMANDS)
def test_it_says_and_returns_what_the_installed_command_does(warm, what, tmp_path):
    (tmp_path / "pain.toml").write_text(GOOD_TOML)
    boards = tmp_path / "no-boards" if what.startswith("what the env") else ROOT / "boards"
    told = [
        subprocess.run(
            [tool, *COMMANDS[what]],
            cwd=tmp_path,
            env={**os.environ, "EVENPULSE_BOARDS": str(boards)},
            capture_output=True,
            text=True,
            check=False,
        )
        for tool in (ROOT / ".venv" / "bin" / "evenpulse", warm)
    ]
    installed, ours = [(one.returncode, one.stdout, one.stderr) for one in told]
    assert ours == installed and installed[1] + installed[2]


def test_it_ends_with_its_caller(warm):
    with ServedTwin(tool=[str(warm)]) as served:
        host, port = served.port.removeprefix("socket://").split(":")
        with socket.create_connection((host, int(port)), HANG_S) as link:
            served._process.terminate()
            assert served._process.wait(HANG_S) != 0
            link.settimeout(HANG_S)
            with contextlib.suppress(ConnectionResetError):
                while link.recv(4_096):
                    pass
