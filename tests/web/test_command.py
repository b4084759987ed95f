"""`evenpulse twin web` as it is typed: one address on stdout, a page behind it, Ctrl-C ends all of
it; and what goes wrong is one error.
"""

import os
import re
import signal
import socket
import subprocess
import sys

from visitor import Visitor

EVENPULSE = (sys.executable, "-m", "evenpulse", "twin", "web")


def test_one_address_a_page_and_an_end(tmp_path):
    """docs/how-to/twin-in-a-page.md shows it."""
    running = subprocess.Popen(
        EVENPULSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    address = running.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", address)
    visitor = Visitor(address)
    assert visitor.get("/")[0] == 200
    page = visitor.page()
    now = page.until(lambda now: now.get("state") == "READY" and "hands" in now)
    assert len(now["tour"]) == 8 and now["hands"]
    listening = subprocess.run(
        ["cat", "/proc/net/tcp"], capture_output=True, text=True, check=True
    ).stdout
    port = int(visitor.host.rpartition(":")[2])
    ours = [row.split()[1] for row in listening.splitlines()[1:] if f":{port:04X} " in row]
    assert {one.partition(":")[0] for one in ours} == {"0100007F"}, "loopback alone"
    # As a terminal's Ctrl-C: to the twin's process too.
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate()
    assert running.returncode == 130 and out == "", err
    assert "Traceback" not in err and "Ctrl-C ends it" in err


def refused(*arguments, code):
    done = subprocess.run([*EVENPULSE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code and done.stdout == "" and "Traceback" not in done.stderr
    return done.stderr


def test_what_goes_wrong_is_one_error_before_anything_is_served(tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("until_ms = 5\n")
    assert "board is missing" in refused(wrong, code=2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"127.0.0.1:{port}" in refused("--port", str(port), code=5)
    # As where the extra was not installed.
    script = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv = ['evenpulse', 'twin', 'web']\n"
        "from evenpulse.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "evenpulse[web]" in done.stderr
