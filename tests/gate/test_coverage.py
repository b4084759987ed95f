"""The safety code is tested branch by branch, by its own unit tests alone; and the check sees a
branch that is not.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from toolchain.mutants import MODULES

_UNIT = Path(__file__).resolve().parents[1] / "unit"


def _covered(folder, modules, tests):
    """{module: percent of statements and branches} that these unit tests run under CPython."""
    files = [str(_UNIT / f"{name}.py") for name in tests]
    wanted = [f"--cov=stimcore.{name}" for name in modules]
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-m",
            "not micropython",
        ]
        + [*wanted, "--cov-branch", "--cov-config=/dev/null", "--cov-report=term-missing", *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=_UNIT.parents[1],
        env={**os.environ, "COVERAGE_FILE": str(folder / "coverage")},
    )
    rows = re.findall(r"^\S*stimcore/(\w+)\.py .* (\d+)%( .*)?$", answer.stdout, re.MULTILINE)
    return {name: f"{percent} %{missing}".strip() for name, percent, missing in rows}, answer


def test_every_branch_of_the_safety_code_is_run(tmp_path):
    found, answer = _covered(tmp_path, MODULES, sum(MODULES.values(), ()))
    assert answer.returncode == 0, answer.stdout
    assert found == dict.fromkeys(MODULES, "100 %"), answer.stdout


def test_tests_that_leave_branches_out_are_seen(tmp_path):
    """The tests of board facts read the table of limits and run none of its arithmetic; the
    ledger they do not even import.
    """
    found, answer = _covered(tmp_path, ["limits", "ledger"], ["test_board_facts"])
    assert (
        answer.returncode == 0
        and list(found) == ["limits"]
        and not found["limits"].startswith("100 %")
    ), answer.stdout
