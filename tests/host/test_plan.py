"""The parts of a set-up: each after what it needs, as many at once as can be, and one failure ends
them all.
"""

import _thread
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from toolchain import ToolchainError, plan, steps
from toolchain.plan import Part
from toolchain.steps import Step

FOR_EVER = [sys.executable, "-c", "import time; time.sleep(1_000)"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EVENPULSE_CACHE", str(tmp_path / "cache"))


def test_a_part_begins_when_what_it_needs_is_done():
    done: list[str] = []

    def part(name, *after):
        return Part(lambda: done.append(name), after)

    plan.run({"c": part("c", "a", "b"), "b": part("b", "a"), "a": part("a"), "d": part("d", "c")})
    assert done == ["a", "b", "c", "d"]


def test_what_needs_nothing_of_the_other_is_done_at_the_same_time():
    """Each waits for the other to have begun."""
    both = threading.Barrier(2)
    plan.run({name: Part(lambda: both.wait(60)) for name in ("one", "other")})


def _steps(begun, fails):
    """One that goes on for ever, and one that begins when that does and ends otherwise."""

    def for_ever():
        with Step("go on", "wait") as step:
            begun.set()
            step.run(FOR_EVER)

    return {"long": Part(for_ever), "short": Part(fails), "later": Part(fails, ("short",))}


def test_the_first_failure_ends_the_others_and_is_told(capsys):
    begun, tried = threading.Event(), []

    def fails():
        assert begun.wait(60)
        tried.append(1)
        with Step("break", "mend it") as step:
            step.run([sys.executable, "-c", "raise SystemExit(3)"])

    with pytest.raises(ToolchainError, match="(?s)step 'break' failed.*try: mend it"):
        plan.run(_steps(begun, fails))
    assert tried == [1]
    told = capsys.readouterr().err
    assert "break: FAILED" in told and "go on: given up" in told
    with Step("afterwards", "") as step:
        step.run([sys.executable, "-c", "import time; time.sleep(0.3)"])


def test_ctrl_c_ends_what_is_under_way(tmp_path):
    """As typed: the set-up alone gets it here, so it has to end what it has started."""
    script = f"""
import threading
from toolchain import plan
from toolchain.steps import Step
def for_ever():
    with Step("go on", "wait") as step:
        print("begun", flush=True)
        step.run({FOR_EVER!r})
try:
    plan.run({{"long": plan.Part(for_ever)}})
except KeyboardInterrupt:
    print("interrupted")
"""
    told = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert told.stdout.readline() == "begun\n"
    told.send_signal(signal.SIGINT)
    assert told.communicate()[0] == "interrupted\n" and told.returncode == 0


def test_ctrl_c_just_before_the_set_up_waits_is_heeded():
    """Told to Python, and no wait is broken off by it."""
    begun = threading.Event()

    def interrupts():
        assert begun.wait(60)
        time.sleep(0.3)
        _thread.interrupt_main()
        with Step("go on too", "wait") as step:
            step.run(FOR_EVER)

    with pytest.raises(KeyboardInterrupt):
        plan.run(_steps(begun, interrupts))


def test_a_command_that_no_pool_knows_is_ended_too():
    """Ctrl-C as a thread starts: its pool has not noted it yet, and does not wait for it."""
    begun = threading.Event()

    def for_ever():
        with contextlib.suppress(ToolchainError), Step("go on", "wait") as step:
            begun.set()
            step.run(FOR_EVER)

    thread = threading.Thread(target=for_ever, daemon=True)
    thread.start()
    assert begun.wait(60)
    with steps.none_goes_on():
        pass
    thread.join(60)
    assert not thread.is_alive()
