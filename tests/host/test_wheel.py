"""The host tools installed elsewhere: from the wheel, in a venv of its own, in a folder that is
no checkout.
"""

import os
import subprocess
import sys
import zipfile

import pytest
from sample_prescription import GOOD_TOML

from toolchain import venv, wheel


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return wheel.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(made, tmp_path_factory):
    """Run a command of the installed package; what it depends on comes from the locked packages."""
    home = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "venv"], check=True)
    python = home / "venv" / "bin" / "python"
    pip = [sys.executable, venv.site_packages(venv.PIP_LOCK).find() / "site" / "pip"]
    install = [*pip, "--python", python, "install", "--no-deps", "--no-index", "--quiet", made]
    subprocess.run(install, check=True, capture_output=True)
    site = next((home / "venv").glob("lib/python3*/site-packages"))
    (site / "dependencies.pth").write_text(f"{venv.site_packages().find() / 'site'}\n")
    (home / "pain.toml").write_text(GOOD_TOML)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "EVENPULSE"))
    }

    def run(*words):
        return subprocess.run(
            words, cwd=home, env=kept, capture_output=True, text=True, check=False
        )

    run.command, run.python = home / "venv" / "bin" / "evenpulse", python
    return run


def test_found_the_wheel_has_boards_and_firmware_and_no_other_top_level(made):
    names = zipfile.ZipFile(made).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "evenpulse",
        "evenpulse_ground",
        "stimcore",
    }
    for board in ("bench", "nmes2", "zero1"):
        assert f"evenpulse/_boards/{board}/board.py" in names
        assert f"evenpulse/_firmware/{board}/firmware.uf2" in names
    circuits = {
        f"evenpulse/_boards/{file.relative_to(wheel.CHECKOUT / 'boards')}"
        for file in (wheel.CHECKOUT / "boards").glob("*/output_stage/*")
    }
    assert circuits and circuits <= set(names)
    tools = wheel.CHECKOUT / "host_tools"
    of_pages = [*tools.glob("evenpulse/web/page/*"), *tools.glob("evenpulse/web/tour/*")]
    assert of_pages and {str(file.relative_to(tools)) for file in of_pages} <= set(names)


@pytest.mark.parametrize(
    "words,says",
    [
        (["--version"], "evenpulse 0"),
        (["prescribe", "check", "pain.toml"], "within every limit"),
        (["outputs", "pain.toml", "--csv"], "Pain relief"),
        (["info", "--port", "twin:"], "nmes2"),
        (["info", "--port", "twin@zero1:"], "zero1"),
        (["twin", "new", "own.toml", "--prescription"], "own.toml"),
    ],
    ids=str,
)
def test_found_each_kind_of_command_works_from_elsewhere(installed, words, says):
    outcome = installed(installed.command, *words)
    assert outcome.returncode == 0, outcome.stderr
    assert says in outcome.stdout + outcome.stderr


def test_what_needs_the_sources_says_so(installed):
    outcome = installed(installed.command, "flash", "--dev", "--port", "twin:")
    assert outcome.returncode == 1
    assert "needs a checkout of the sources" in outcome.stderr and "next:" in outcome.stderr


def test_the_toolchain_is_not_installed(installed):
    for name in ("toolchain", "faults", "bench"):
        assert installed(installed.python, "-c", f"import {name}").returncode == 1


@pytest.mark.parametrize("package", ["evenpulse", "toolchain"])
def test_found_an_older_python_is_refused_in_one_line(package, tmp_path):
    """The package's first file, as Python 3.10 reads it, tells the version that is needed."""
    script = (
        f"import sys; sys.version_info = (3, 10, 13); sys.version = '3.10.13 (main)'; import "
        f"{package}"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert "3.11 or newer" in told.stderr and "3.10.13" in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
