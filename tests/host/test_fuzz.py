"""Odd files and odd lines on the link: some hundred of them in every run, other ones for each state
of the tools; and the files that were found once.
"""

import hashlib
from pathlib import Path

import pytest
from fuzz.commands import COMMANDS, KINDS, Command, Found, judge
from fuzz.lines import Link
from fuzz.odd import odd
from fuzz.real import write_real

import evenpulse

_EACH, _LINES = 20, 30
_KEPT = sorted((Path(__file__).parents[1] / "fuzz/found").glob("*-*"))


def _seed() -> str:
    """Of what reads the files: a change of it is tried with inputs that nobody has tried."""
    folder = Path(evenpulse.__file__).parent
    told = hashlib.sha256()
    for file in sorted(
        [*folder.rglob("*.py"), *(folder.parents[1] / "firmware/stimcore").glob("*.py")]
    ):
        told.update(file.read_bytes())
    return told.hexdigest()[:16]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def real(folder):
    return write_real(folder)


@pytest.fixture(scope="module")
def link():
    return Link()


@pytest.mark.parametrize(
    "number", range(len(COMMANDS)), ids=[command.words.split(" -o")[0] for command in COMMANDS]
)
def test_found_no_odd_file_is_met_without_an_answer(real, folder, number):
    command = COMMANDS[number]
    judge(command, real[command.kind], real[command.kind], folder)
    for k in range(_EACH):
        judge(
            command,
            real[command.kind],
            odd(real[command.kind], _seed(), number + k * len(COMMANDS)),
            folder,
        )


def test_found_no_odd_line_is_met_without_an_answer_and_none_changes_the_device(link):
    for number in range(_LINES):
        link.judge(_seed(), number)


@pytest.mark.parametrize(
    "line,why",
    [(b"half a line", "no answer"), (b'[1]\n{"a":2}\n', "a second answer")],
)
def test_what_a_line_may_not_do_is_found(link, line, why):
    assert link.why(line) == why


@pytest.mark.parametrize("file", _KEPT, ids=[file.name for file in _KEPT])
def test_found_what_was_found_once_stays_mended(real, folder, file):
    kind = file.name.partition("-")[0]
    assert kind in KINDS
    for command in COMMANDS:
        if command.kind == kind:
            judge(command, real[kind], file.read_bytes(), folder)


@pytest.mark.parametrize(
    "words", ["log list --archive {} --no-such-option", "prescribe check {folder}"]
)
def test_an_answer_is_a_code_of_the_table_and_a_word(real, folder, words):
    judge(Command("journal", words, lambda *_: False), b"", b"", folder)


def test_exit_0_on_what_is_not_whole_is_found(real, folder):
    with pytest.raises(Found, match="not whole"):
        judge(
            Command("journal", "log list --archive {folder}/real.journal", lambda *_: False),
            b"",
            b"",
            folder,
        )
