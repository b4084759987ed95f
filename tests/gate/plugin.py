"""The gate of tests/unit: each test runs under CPython and, in its own process, under MicroPython.

The port is 32-bit and leaves a test the RP2040's heap: small integers, pointers and memory are as there. On
the device code lies in flash; here it is loaded into the heap, so the heap is larger, and what exceeds the
device's is taken away once the code is in.

Rules of tests/unit: plain functions `test_*` with pytest.mark.parametrize, raises, approx; no fixtures, no
classes. A file that needs hypothesis is named test_*_properties.py and runs under CPython only; any other
file that imports it stops the run.
"""

import ast
import inspect
import os
import re
import subprocess
from pathlib import Path

import pytest
from toolchain import ToolchainError, micropython_unix

_FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
_DEVICE = Path(__file__).resolve().parent / "device"
_HEAP_BYTES = 180 * 1024
_HEAP_WITH_CODE = "heapsize=512k"
_LIMIT_S = 60
_PROOF = "the test ran to its end"
_CPYTHON_ONLY = "_properties.py"


def pytest_collect_file(file_path, parent):
    """Refuses hypothesis where it would make a test CPython-only without its name saying so."""
    if (
        file_path.match("test_*.py")
        and not file_path.name.endswith(_CPYTHON_ONLY)
        and _imports(file_path, "hypothesis")
    ):
        raise pytest.UsageError(
            f"{file_path}: imports hypothesis, which MicroPython has not. Move those tests to "
            f"{file_path.stem}{_CPYTHON_ONLY}, which runs under CPython only."
        )


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector, name, obj):
    """Gives each test function its twin under MicroPython."""
    items = yield
    if collector.path.name.endswith(_CPYTHON_ONLY) or items is None:
        return items
    if not isinstance(items, list):
        raise collector.CollectError(
            f"{name}: tests/unit has plain functions only, MicroPython's side collects no classes"
        )
    return items + [
        MicroPythonItem.from_parent(
            collector, name=_name_on_device(item.name), function=item, index=index, count=len(items)
        )
        for index, item in enumerate(items)
    ]


class MicroPythonItem(pytest.Item):
    """One test (one set of parameters) in its own MicroPython process."""

    def __init__(self, *, function, index, count, **rest):
        super().__init__(**rest)
        self._function, self._index, self._count = function, index, count
        self.add_marker("micropython")

    def runtest(self):
        self._refuse_fixtures()
        answer = subprocess.run(
            self._command(),
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        if answer.returncode or not answer.stdout.endswith(_PROOF + "\n"):
            raise FailedOnMicroPython(f"{answer.stdout}{answer.stderr}\nexit code {answer.returncode}")

    def repr_failure(self, excinfo, style=None):
        """MicroPython's own traceback with the source lines it names; a missing port says what to run."""
        if isinstance(excinfo.value, FailedOnMicroPython):
            return re.sub(r'  File "(.+)", line (\d+).*', _with_source, str(excinfo.value))
        if isinstance(excinfo.value, ToolchainError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, self._function.reportinfo()[1], self.name

    def _refuse_fixtures(self):
        given = self._function.callspec.params if hasattr(self._function, "callspec") else {}
        if extra := set(inspect.signature(self._function.function).parameters) - set(given):
            raise FailedOnMicroPython(
                f"{self.name}: needs fixture {', '.join(sorted(extra))}; tests in tests/unit are plain "
                "functions, whose arguments come from parametrize only"
            )

    def _command(self):
        return [
            micropython_unix(),
            "-X",
            _HEAP_WITH_CODE,
            _DEVICE / "run_one.py",
            self.path.stem,
            self._function.originalname,
            str(self._index),
            str(self._count),
            str(_HEAP_BYTES),
            _PROOF,
        ]

    def _environment(self):
        return {**os.environ, "MICROPYPATH": f"{_FIRMWARE}:{self.path.parent}:{_DEVICE}"}


class FailedOnMicroPython(Exception):
    """What the port printed."""


def _name_on_device(name):
    return name[:-1] + "-micropython]" if name.endswith("]") else name + "[micropython]"


def _with_source(match):
    file, number = Path(match.group(1)), int(match.group(2))
    lines = file.read_text().splitlines() if file.is_file() else []
    return match.group(0) + (f"\n    {lines[number - 1].strip()}" if 0 < number <= len(lines) else "")


def _imports(path, name):
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        )
        if any(found.split(".")[0] == name for found in names):
            return True
    return False
