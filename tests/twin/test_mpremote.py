"""The real mpremote against the served twin in service mode; without service mode the REPL stays
closed.
"""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager

# Fails early when there is no firmware
import rig  # noqa: F401


@contextmanager
def served(*options):
    process = subprocess.Popen(
        [sys.executable, "-m", "evenpulse", "twin", "serve", "--tcp", "0", *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stderr.readline()
        yield re.search(r"socket://\S+:\d+", line).group()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def mpremote(port, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", port, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_mpremote_runs_code_and_copies_a_file_in_service_mode(tmp_path):
    source = tmp_path / "data.bin"
    source.write_bytes(bytes(range(256)) * 4)
    with served("--service") as port:
        done = mpremote(port, "exec", "import board; print(board.NAME)")
        assert done.stdout.strip() == "nmes2", done.stderr
        assert mpremote(port, "fs", "cp", str(source), ":data.bin").returncode == 0
        copied = mpremote(port, "exec", "import os; print(os.stat('data.bin')[6])")
        assert copied.stdout.strip() == "1024"


def test_without_service_mode_there_is_no_repl():
    with served() as port:
        done = mpremote(port, "exec", "print('open')")
        assert done.returncode != 0 and "open" not in done.stdout
