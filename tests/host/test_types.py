"""The type checks find mistakes that otherwise show when a chip or a rare branch runs: each
alone, in a copy of the tree.
"""

import shutil
import tomllib
from pathlib import Path

import pytest
from toolchain import ToolchainError, lint, stubs

_CHECKOUT = Path(__file__).resolve().parents[2]
_BOARD = "nmes2"

# What: (file, what it says, the same with a mistake in it, what mypy must say)
_IN_THE_FIRMWARE = {
    "a misspelt attribute of machine.Pin": ("hal/indicators.py", "Pin.OUT,", "Pin.OUTT,", '"OUTT"'),
    "a misspelt function of machine": (
        "hal/chip.py",
        "machine.unique_id()",
        "machine.uniqe_id()",
        '"uniqe_id"',
    ),
    "a misspelt keyword of machine.PWM": (
        "hal/amplitude.py",
        "duty_u16=0",
        "duty_u8=0",
        '"duty_u8"',
    ),
    "a misspelt class of rp2": ("hal/dma.py", "rp2.DMA()", "rp2.DAM()", '"DAM"'),
    "a keyword that rp2.Flash has not": (
        "hal/flash_ring.py",
        "len=size",
        "length=size",
        '"length"',
    ),
    "a constant that rp2.PIO has not": (
        "hal/guard.py",
        "rp2.PIO.IRQ_SM0",
        "rp2.PIO.IRQ_SM9",
        '"IRQ_SM9"',
    ),
    "a method that a driver has not": (
        "app/build.py",
        "self.guard.cut\n",
        "self.guard.cutt\n",
        '"cutt"',
    ),
    "an argument too many for a viper function": (
        "hal/pulse_engine.py",
        "regs.read(regs.PIO_CTRL)",
        "regs.read(regs.PIO_CTRL, 1)",
        "Too many arguments",
    ),
    "a name that is nowhere": ("hal/judged.py", "ptr16(", "ptr15(", '"ptr15"'),
    "what CPython has and MicroPython has not": (
        "hal/clock.py",
        "time.ticks_ms()",
        "time.monotonic()",
        '"monotonic"',
    ),
}
_CLASS = "class BadUsage(Problem):"
_IN_THE_TOOLS = {
    "None where a number is wanted": (
        "base/errors.py",
        _CLASS,
        f"WAIT_S: float = None\n\n\n{_CLASS}",
        '"None"',
    ),
    "a function without types": (
        "base/errors.py",
        _CLASS,
        f"def later(what):\n    return what\n\n\n{_CLASS}",
        "type annotation",
    ),
    "a name that the device's own code has not": (
        "prescription/words.py",
        "fields import shown",
        "fields import show",
        '"show"',
    ),
}


def _complaints_after(check, file, was, now):
    """What the check says once the file has the mistake; the file is whole again afterwards."""
    text = file.read_text()
    assert was in text
    file.write_text(text.replace(was, now, 1))
    try:
        return check.complaints()
    finally:
        file.write_text(text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what is checked."""
    folder = tmp_path_factory.mktemp("tree")
    for part in ("firmware", "boards", "host_tools"):
        shutil.copytree(
            _CHECKOUT / part,
            folder / part,
            ignore=shutil.ignore_patterns("__pycache__"),
            symlinks=True,
        )
    shutil.copy2(_CHECKOUT / "pyproject.toml", folder)
    _know_as_much(folder, _BOARD)
    return folder


def _know_as_much(folder, kept):
    """mypy knows there of files that are the same what it knows of them here, if it has read
    them.
    """
    known = lint.KNOWN / kept
    with lint.reading(_CHECKOUT):
        if (_CHECKOUT / known).is_dir():
            shutil.copytree(_CHECKOUT / known, folder / known)


@pytest.fixture(scope="module")
def firmware_check(tree):
    """The check of the copied firmware, which has nothing to say against it as it is."""
    check = lint.board(_BOARD, tree)
    assert check.complaints() == ""
    return check


@pytest.fixture(scope="module")
def host_check(tree, tmp_path_factory):
    """The check of a few files of the tools under the same rules: it is quick."""
    folder = tmp_path_factory.mktemp("few")
    shutil.copytree(tree / "firmware", folder / "firmware")
    for name in ("toolchain", "evenpulse_ground"):
        shutil.copytree(tree / "host_tools" / name, folder / "host_tools" / name)
    for name in ("base", "prescription"):
        (folder / "host_tools/evenpulse" / name).mkdir(parents=True)
    few = ("__init__", "base/__init__", "base/boards", "base/errors")
    few += ("prescription/__init__", "prescription/words")
    for name in ("pyproject.toml", *(f"host_tools/evenpulse/{name}.py" for name in few)):
        shutil.copy2(tree / name, folder / name)
    _know_as_much(folder, "host")
    check = lint.host(folder)
    assert check.complaints() == ""
    return check


@pytest.mark.parametrize("what", _IN_THE_FIRMWARE)
def test_a_mistake_in_the_firmware_is_found(tree, firmware_check, what):
    name, was, now, told = _IN_THE_FIRMWARE[what]
    found = _complaints_after(firmware_check, tree / "firmware" / name, was, now)
    assert f"firmware/{name}:" in found and told in found


@pytest.mark.parametrize("what", _IN_THE_TOOLS)
def test_a_mistake_in_the_tools_is_found(host_check, what):
    name, was, now, told = _IN_THE_TOOLS[what]
    found = _complaints_after(
        host_check, host_check.checkout / "host_tools/evenpulse" / name, was, now
    )
    assert f"evenpulse/{name}:" in found and told in found


def test_no_module_of_the_tools_is_excused():
    rules = tomllib.loads((_CHECKOUT / "pyproject.toml").read_text())["tool"]["mypy"]
    named = [row["module"] for row in rules["overrides"]]
    flat = {name for one in named for name in ([one] if isinstance(one, str) else one)}
    # Compiled: there is nothing to read.
    assert {name for name in flat if name.startswith(("evenpulse", "toolchain"))} == {
        "evenpulse.emulator._exact",
        "evenpulse.emulator._silicon",
    }


def test_ruff_finds_what_is_never_used(tree):
    check = lint.ruff(tree)
    assert check.complaints() == ""
    found = _complaints_after(
        check,
        tree / "host_tools/evenpulse/prescription/keys.py",
        "import os\n",
        "import os\nimport re\n",
    )
    assert "F401" in found and "host_tools/evenpulse/prescription/keys.py" in found


def test_what_ruff_would_write_in_another_way_is_found(tree):
    check = lint.form(tree)
    assert check.complaints() == ""
    found = _complaints_after(
        check, tree / "host_tools/evenpulse/prescription/keys.py", "import os\n", "import os;\n"
    )
    assert "host_tools/evenpulse/prescription/keys.py" in found


def test_a_line_that_is_too_long_is_found(tree):
    check = lint.ruff(tree)
    long = f"import os\n# {'word ' * 20}\n"
    found = _complaints_after(
        check, tree / "host_tools/evenpulse/prescription/keys.py", "import os\n", long
    )
    assert "E501" in found and "host_tools/evenpulse/prescription/keys.py" in found


def test_what_nothing_uses_is_found(tree, tmp_path):
    """In a tree of one module, whose own users are not there: what is dead comes to what is told
    without it. That nothing is told of the whole tree is test_lint's.
    """
    file = "host_tools/evenpulse/prescription/keys.py"
    (tmp_path / file).parent.mkdir(parents=True)
    for folder in ("firmware", "tests"):
        (tmp_path / folder).mkdir()
    for name in ("pyproject.toml", file):
        shutil.copy(tree / name, tmp_path / name)
    check = lint.unused(tmp_path)
    before = _names_of_unused(check.complaints())
    dead = "import os\n\n\ndef _alone():\n    return 1\n\n\n"
    found = _complaints_after(check, tmp_path / file, "import os\n", dead)
    assert _names_of_unused(found) - before == {"function '_alone'"}
    assert before < _names_of_unused(found)
    assert all(line.startswith(f"{file}:") for line in found.splitlines())


def _names_of_unused(complaints):
    """Of lines "FILE:LINE: unused WHAT 'NAME' (60% confidence)"."""
    return {line.partition(" unused ")[2].partition(" (")[0] for line in complaints.splitlines()}


def test_a_tool_that_is_not_there_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(lint, "VENV", tmp_path)
    with pytest.raises(ToolchainError, match="ruff is not there(?s:.)*Run: make venv"):
        lint.ruff()


def test_stubs_that_are_not_there_say_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("EVENPULSE_CACHE", str(tmp_path))
    with pytest.raises(ToolchainError, match="stubs: not built(?s:.)*Run: make venv"):
        lint.board(_BOARD)


def test_stubs_that_need_no_correction_any_more_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(
        stubs, "_CORRECTIONS", (("machine.pyi", "class Nothing:", "class Something:"),)
    )
    with pytest.raises(ToolchainError, match=r"machine.pyi does not say 'class Nothing:'"):
        stubs._correct(tmp_path / "finished")
