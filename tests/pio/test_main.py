"""What runs first and last: `_boot.py` and `main.py`, line by line, with everything that they
import told in its order.
"""

import importlib.abc
import importlib.machinery
import runpy
import sys
import types
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
OURS = ("hal", "app", "board", "micropython")


class World(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for all that they import. `told`: what happened, in order."""

    def __init__(self, wanted=False, active=False, dev=False, fails=None, build_fails=None):
        self.told = told = []
        self._wanted, self._fails, self._build_fails = wanted, fails, build_fails
        device = types.SimpleNamespace(crashed=lambda error: told.append(("crashed", str(error))))
        supervisor = types.SimpleNamespace(run=self._run)
        self._made = supervisor, device
        self._members = {
            "micropython": {"kbd_intr": lambda char: told.append(("kbd_intr", char))},
            "board": {"PINS": {"BTN_SELECT": (1,)}, "NAME": "sample"},
            "hal.safe": {"off": lambda: told.append("off")},
            "hal.chip": {
                "restart": lambda why: told.append(("restart", why)),
                "end_soft_reset": lambda: told.append("end_soft_reset"),
            },
            "hal.edition": {"DEV": dev},
            "hal.service": {
                "wanted": self._is_wanted,
                "active": lambda: active,
                "enter": lambda: told.append("enter"),
            },
            "hal.overlay": {"use": lambda: told.append("overlay")},
            "app.build": {"build": self._build},
            "app.service_keys": {"entered": lambda: told.append("entered")},
        }

    def _is_wanted(self, pins):
        assert pins == {"BTN_SELECT": (1,)}
        self.told.append("wanted")
        return self._wanted

    def _build(self, board):
        assert board["NAME"] == "sample"
        self.told.append("build")
        if self._build_fails:
            raise self._build_fails
        return self._made

    def _run(self):
        self.told.append("run")
        if self._fails:
            raise self._fails

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in OURS:
            return importlib.machinery.ModuleSpec(name, self, is_package=name in ("hal", "app"))
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        if module.__name__ not in ("hal", "app"):
            self.told.append("import " + module.__name__)
            vars(module).update(self._members[module.__name__])

    def runs(self, file):
        """All that happens when this file of the firmware runs."""
        before = {
            name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in OURS
        }
        sys.meta_path.insert(0, self)
        try:
            runpy.run_path(str(FIRMWARE / file))
        finally:
            sys.meta_path.remove(self)
            for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
                del sys.modules[name]
            sys.modules.update(before)
        return self.told


BEGINS = ["import micropython", ("kbd_intr", -1), "import hal.safe"]


@pytest.mark.parametrize(
    "changes", [{}, {"dev": True}, {"wanted": True}, {"wanted": True, "active": True}]
)
def test_ctrl_c_is_shut_and_outputs_are_off_before_anything_else(changes):
    """HZ2, HZ8: importing hal.safe switches off; nobody at a cable gets in between."""
    assert World(**changes).runs("main.py")[:3] == BEGINS


def test_a_device_is_built_and_run_and_off_in_the_end():
    told = World().runs("main.py")
    assert told[told.index("wanted") :] == ["wanted", "import app.build", "build", "run", "off"]


def test_only_a_development_build_takes_modules_from_its_filesystem_and_before_it_imports_them():
    """HZ8."""
    told = World(dev=True).runs("main.py")
    assert told[told.index("wanted") :] == [
        "wanted",
        "import hal.overlay",
        "overlay",
        "import app.build",
        "build",
        "run",
        "off",
    ]


def test_service_mode_builds_nothing():
    """HZ2, HZ8: outputs stay dead; it is entered once, and keys can be changed."""
    told = World(wanted=True).runs("main.py")
    assert told[told.index("wanted") :] == ["wanted", "enter", "import app.service_keys", "entered"]
    told = World(wanted=True, active=True).runs("main.py")
    assert told[told.index("wanted") :] == ["wanted"]


def test_an_exception_switches_off_first_then_is_journaled_then_restarts():
    """HZ2."""
    told = World(fails=MemoryError("no heap")).runs("main.py")
    assert told[told.index("run") :] == [
        "run",
        "off",
        ("crashed", "no heap"),
        ("restart", "exception"),
        "off",
    ]


def test_a_device_that_cannot_be_built_is_off_and_restarts():
    told = World(build_fails=ValueError("pins")).runs("main.py")
    assert told[told.index("build") :] == ["build", "off", ("restart", "exception"), "off"]


def test_what_is_no_exception_leaves_nothing_on_either():
    world = World(fails=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        world.runs("main.py")
    assert world.told[-2:] == ["run", "off"]


def test_boot_switches_off_before_all_else_and_makes_a_soft_reset_a_whole_one():
    assert World().runs("_boot.py") == [
        "import hal.safe",
        "import hal.service",
        "import hal.chip",
        "end_soft_reset",
    ]


def test_boot_keeps_service_mode_through_a_soft_reset():
    assert World(active=True).runs("_boot.py") == ["import hal.safe", "import hal.service", "enter"]
