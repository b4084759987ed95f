"""No day breaks it: a short run of what has to do with days under the farthest clock; `make
test-clock` runs everything on each.
"""

import subprocess
import sys
from datetime import date

import pytest
from sample_prescription import NOW
from toolchain import clock, venv

from evenpulse.base import today

TODAY = date(2026, 11, 26)
DAYS = clock.days(TODAY)
FAR = DAYS["late in the century"]
# A prescription from its writing to the device, by commands that ask the machine for the day.
STORY = """set -e
evenpulse keys new keys --name clinic
evenpulse keys install keys/clinic.pub --port twin:board
evenpulse prescribe new pain.toml
sed -i 's/= false/= true/' pain.toml
evenpulse prescribe sign pain.toml --key keys/clinic.key
evenpulse configure pain.signed --port twin:board
evenpulse log pull --archive journals --port twin:board
evenpulse log list --archive journals --event prescription
evenpulse report --archive journals --prescription pain.toml -o report.html
"""


def run_on(day, *words, folder=None, **more):
    environment = clock.on(day)
    environment["PATH"] = f"{venv.VENV / 'bin'}:{environment['PATH']}"
    return subprocess.run(
        words,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def test_the_days_are_those_that_matter():
    assert list(DAYS.values()) == [
        TODAY,
        date(2027, 11, 26),
        date(2031, 11, 26),
        date(2038, 1, 20),
        date(2099, 6, 1),
    ]


@pytest.mark.parametrize("day", list(DAYS.values())[1:], ids=str)
def test_a_program_started_there_lives_on_that_day(day):
    """And its sleeps and waits take what they say, not till that day."""
    program = (
        "import time, threading, datetime; start = time.monotonic(); time.sleep(0.1); "
        "threading.Event().wait(0.1);print(datetime.date.today(), 0.2 <= time.monotonic() - start "
        "< 60)"
    )
    assert run_on(day, sys.executable, "-c", program).stdout.split() == [day.isoformat(), "True"]


def test_from_there_another_day_is_reached():
    """`make test-clock` runs these tests too, and on each day they go to the others."""
    program = (
        "import datetime, subprocess, sys; from toolchain import clock;"
        "words = [sys.executable, '-c', 'import datetime; print(datetime.date.today())'];"
        "subprocess.run(words, env=clock.on(datetime.date(2031, 11, 27)))"
    )
    assert run_on(FAR, sys.executable, "-c", program).stdout == "2031-11-27\n"


@pytest.fixture(scope="module")
def made_once():
    return today.day()


def test_what_a_module_makes_once_is_of_the_samples_day(made_once):
    """A prescription that was signed there was refused from the day after its last on."""
    assert made_once == NOW.date()


def test_a_closed_output_stays_closed():
    """What makes the clock takes no number of a file that a program may mean."""
    told = run_on(FAR, "bash", "-c", f"'{sys.executable}' -c 'import os; os.write(1, b\"x\")' >&-")
    assert told.returncode == 1 and "Bad file descriptor" in told.stderr


@pytest.mark.parametrize("day", [DAYS["a day after 31 bits of seconds"], FAR], ids=str)
def test_a_prescription_goes_its_whole_way(tmp_path, day):
    told = run_on(day, "bash", "-c", STORY, folder=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "Accepted; the device holds exactly this prescription." in told.stderr
    (accepted,) = [line for line in told.stdout.splitlines() if "id=rx-0001" in line]
    assert day.isoformat() in accepted
    assert day.isoformat() in (tmp_path / "report.html").read_text()
