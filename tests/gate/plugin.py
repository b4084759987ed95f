"""The gate of tests/unit: each test runs under CPython and under MicroPython, there in a process of
its own.

The port is 32-bit and leaves a test the RP2040's heap: small integers, pointers and memory are as
there. On the device code lies in flash; here it is loaded into the heap, so the heap is larger, and
what exceeds the device's is taken away once the code is in. The process is a copy of one that has
imported the test's file and run nothing; with --isolated each test also runs in one that is started
for it, and both must say the same.

Rules of tests/unit: plain functions `test_*` with pytest.mark.parametrize, raises, approx; no
fixtures, no classes. A file that needs hypothesis is named test_*_properties.py and runs under
CPython only; any other file that imports it stops the run.
"""

import ast
import inspect
import re
from pathlib import Path

import pytest
from gate.on_micropython import Alone, Copies, Verdict
from toolchain import ToolchainError

_CPYTHON_ONLY = "_properties.py"


def pytest_addoption(parser):
    parser.addoption(
        "--isolated",
        action="store_true",
        help=(
            "unit tests under MicroPython: also each in a process that is started for it, with "
            "the same verdict"
        ),
    )


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
        case = (self._function.originalname, self._index, self._count)
        verdict = self._copies().run(*case)
        if self.config.getoption("isolated"):
            alone = Alone(self.path).run(*case)
            if alone.passed != verdict.passed:
                raise FailedOnMicroPython(
                    f"{self.name}: {_word(alone)} in a process of its own and {_word(verdict)} in "
                    f"a copy of one:\n{alone.told}\n{verdict.told}"
                )
        if not verdict.passed:
            raise FailedOnMicroPython(verdict.told)

    def _copies(self) -> Copies:
        """The process of this test's file: started by the first of its tests, ended after the
        last.
        """
        file = self.parent
        if not hasattr(file, "micropython_copies"):
            file.micropython_copies = Copies(self.path)
            file.addfinalizer(file.micropython_copies.close)
        return file.micropython_copies

    def repr_failure(self, excinfo, style=None):
        """MicroPython's own traceback with the source lines it names; a missing port says what
        to run.
        """
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
                f"{self.name}: needs fixture {', '.join(sorted(extra))}; tests in tests/unit are "
                f"plain "
                "functions, whose arguments come from parametrize only"
            )


class FailedOnMicroPython(Exception):
    """What the port printed."""


def _word(verdict: Verdict) -> str:
    return "passes" if verdict.passed else "fails"


def _name_on_device(name):
    return name[:-1] + "-micropython]" if name.endswith("]") else name + "[micropython]"


def _with_source(match):
    file, number = Path(match.group(1)), int(match.group(2))
    lines = file.read_text().splitlines() if file.is_file() else []
    return match.group(0) + (
        f"\n    {lines[number - 1].strip()}" if 0 < number <= len(lines) else ""
    )


def _imports(path, name):
    text = path.read_text()
    # Most files do not have the word: reading them as Python took a second in every process.
    for node in ast.walk(ast.parse(text, str(path))) if name in text else ():
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        )
        if any(found.split(".")[0] == name for found in names):
            return True
    return False
