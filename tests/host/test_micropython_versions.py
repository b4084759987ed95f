"""Which MicroPython is built: the shipped one, or one that EVENPULSE_MICROPYTHON names; nothing but
pins tells them apart.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_toolchain import run_toolchain
from toolchain import ToolchainError, firmware, release, sources
from toolchain.pins import RELEASES, SHIPPED, SUITE

ROOT = Path(__file__).parents[2]
OTHERS = [name for name in RELEASES if name != SHIPPED]


@pytest.fixture(autouse=True)
def _nothing_chosen(monkeypatch):
    for name in (release.VARIABLE, "MICROPY_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_there_is_another_one_than_the_shipped():
    assert SHIPPED == "1.25.0" and OTHERS == ["1.26.1"]


def test_the_shipped_one_is_of_debian_stable():
    assert RELEASES[SHIPPED].suite == SUITE


@pytest.mark.parametrize("name", RELEASES)
def test_a_name_is_the_version_of_its_pin_and_nothing_else_differs(name):
    own, *others = RELEASES[name].pins
    assert (own.package, own.version.partition("+")[0]) == ("micropython", name)
    assert others == list(RELEASES[SHIPPED].pins[1:])


@pytest.mark.parametrize("asked", [None, "", SHIPPED])
def test_the_shipped_one_is_built_unless_another_is_asked_for(monkeypatch, asked):
    before = sources.artefact().name, firmware.sources_hash("nmes2")
    if asked is not None:
        monkeypatch.setenv(release.VARIABLE, asked)
    assert release.version() == SHIPPED and release.chosen() is RELEASES[SHIPPED]
    assert (sources.artefact().name, firmware.sources_hash("nmes2")) == before


@pytest.mark.parametrize("asked", OTHERS)
def test_another_one_has_sources_and_firmware_of_its_own(monkeypatch, asked):
    before = sources.artefact().name, firmware.sources_hash("nmes2")
    monkeypatch.setenv(release.VARIABLE, asked)
    assert release.chosen() is RELEASES[asked]
    assert not {sources.artefact().name, firmware.sources_hash("nmes2")} & set(before)


@pytest.mark.parametrize("asked", ["1.27.0", "1.25", "v1.26.1", " 1.26.1", "newest", "../x"])
def test_a_version_that_is_not_pinned_is_one_clear_error(asked):
    answer = run_toolchain("tools", **{release.VARIABLE: asked})
    assert answer.returncode == 1 and "Traceback" not in answer.stderr
    assert f"{release.VARIABLE}={asked}: not a MicroPython that is pinned" in answer.stderr
    assert f"Pinned: {SHIPPED} (shipped), {OTHERS[0]}." in answer.stderr


def test_two_that_are_asked_for_at_once_are_one_clear_error(tmp_path):
    answer = run_toolchain("tools", MICROPY_DIR=str(tmp_path), **{release.VARIABLE: OTHERS[0]})
    assert answer.returncode == 1 and "Traceback" not in answer.stderr
    assert f"{release.VARIABLE}={OTHERS[0]} and MICROPY_DIR={tmp_path}" in answer.stderr
    assert "Unset one of them" in answer.stderr


def test_each_is_tested_in_its_turn_and_those_that_fail_are_named(tmp_path):
    """A stand-in for make: it writes down what it was asked for, and fails on one of them."""
    seen = tmp_path / "seen"
    script = (
        "import os, sys; name = os.environ['EVENPULSE_MICROPYTHON'];"
        f"open({str(seen)!r}, 'a').write(name + ' '); sys.exit(name == {OTHERS[0]!r})"
    )
    with pytest.raises(ToolchainError, match=re.escape(f"{OTHERS[0]}: exit 1")) as error:
        release.test_each([sys.executable, "-c", script])
    assert seen.read_text().split() == list(RELEASES)
    assert SHIPPED not in str(error.value)
    release.test_each([sys.executable, "-c", ""])


def test_make_runs_what_is_promised_on_each():
    """Unit tests on both interpreters, the PIO programs, the twin; a file that is red is red."""
    words = ["make", "-n", "test-one-micropython", f"PYTHON={sys.executable}"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (run,) = [line for line in told.splitlines() if "pytest" in line]
    assert run.endswith("tests/unit tests/gate tests/pio tests/twin") and "setup" in told
