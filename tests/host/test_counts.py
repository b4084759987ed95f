"""One of a thing is told as one: `1 record`, not `1 records`."""

import ast
from pathlib import Path

import pytest
from played import Played

from evenpulse.base.printable import counted

ROOMS = Path(__file__).resolve().parents[2] / "host_tools/evenpulse"
# What a person reads who uses the tools; the other rooms count cases by the thousand.
READ = ("base", "capture", "cli", "connect", "demo", "flashing", "journal", "report", "twin")
# After a number that is never one here: each is told only where there are several, or is no count
# of whole things.
SEVERAL = {
    "archive.py": ("devices",),
    "ports.py": ("boards", "ports"),
    "finding.py": ("boards",),
    "steps.py": ("boards",),
    "details.py": ("times",),
    # Of a text that is too long
    "toml_file.py": ("characters",),
    # Images of at least a block.
    "image.py": ("bytes", "sound"),
    "state_folder.py": ("bytes",),
    "dev_loop.py": ("bytes",),
    "sigrok.py": ("files", "bytes"),
    # The second reader shares no code; what is left of a frame has some bytes.
    "audit.py": ("bytes",),
}


def _counts(file):
    """(line, word) of every `{len(…)} words` in the texts of a module."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.JoinedStr):
            continue
        for number, then in zip(node.values, node.values[1:], strict=False):
            if isinstance(number, ast.FormattedValue) and isinstance(then, ast.Constant):
                call = number.value
                counts = isinstance(call, ast.Call) and getattr(call.func, "id", "") == "len"
                words = str(then.value).split(" ")
                if counts and words[0] == "" and words[1:]:
                    yield node.lineno, words[1].strip(".,;:")


@pytest.mark.parametrize("room", READ)
def test_what_is_counted_is_told_by_the_one_function(room):
    for file in (ROOMS / room).glob("*.py"):
        wrong = [
            (line, word)
            for line, word in _counts(file)
            if word.endswith("s") and word not in ("as", "has", "is", "was")
            if word not in SEVERAL.get(file.name, ())
        ]
        assert not wrong, f"{file.name}: counted(len(…), …) of evenpulse.base.printable: {wrong}"


def test_one_and_none_and_two():
    assert [counted(k, "record") for k in (0, 1, 2)] == ["0 records", "1 record", "2 records"]


def test_a_journal_of_one_record_and_an_archive_of_one_patient(run, tmp_path):
    device = Played().prescribe()
    file = device.archive(tmp_path)
    assert "1 patient in 1 journal;" in run("patients", "--archive", tmp_path).err
    file.write_bytes(device.frames()[0])
    for words in (("log", "export"), ("log", "verify"), ("log", "list")):
        told = run(*words, "--archive", file)
        assert "1 record" in told.err and "1 records" not in told.err, told.err
