"""What is printed arrives whole, in any encoding, or the command says why not; nothing is a
programming language's.
"""

import os
import shlex
import subprocess
import sys

import pytest
from sample_prescription import GOOD_TOML

from evenpulse.base.printable import plain
from evenpulse.cli.examples import EXAMPLES


@pytest.fixture
def rx(tmp_path):
    file = tmp_path / "pain.toml"
    file.write_text(GOOD_TOML)
    return file


def started(words, **options):
    environment = {**os.environ, **options.pop("environment", {})}
    command = [sys.executable, "-m", "evenpulse", *map(str, words)]
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, check=False, **options)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_found_a_table_is_whole_in_any_encoding(rx, encoding):
    """µ, Ω and … are there in UTF-8 and spelled out where the encoding has none."""
    outcome = started(
        ["outputs", rx],
        stdout=subprocess.PIPE,
        environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )
    assert outcome.returncode == 0, outcome.stderr.decode(encoding)
    text = outcome.stdout.decode(encoding)
    assert text.rstrip().splitlines()[-1].startswith("Evenpulse is an engineering reference")
    assert "maximum phase charge" in text and "2.998" in text
    assert "?" not in text


def test_found_a_full_disk_is_told(rx):
    with open("/dev/full", "wb") as full:
        outcome = started(["outputs", rx], stdout=full)
    assert outcome.returncode == 1
    told = outcome.stderr.decode()
    assert told.startswith("error: cannot write: No space left on device") and "next:" in told
    assert "unexpected" not in told and "Exception ignored" not in told


@pytest.mark.parametrize("words", [["outputs"], ["outputs", "--json"]], ids=" ".join)
def test_found_a_closed_output_is_told(rx, words):
    command = " ".join(map(shlex.quote, [sys.executable, "-m", "evenpulse", *words, str(rx)]))
    outcome = subprocess.run(
        f"{command} >&-", shell=True, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("error: cannot write: standard output is closed")
    assert "Traceback" not in outcome.stderr and "unexpected" not in outcome.stderr


def test_closed_notes_are_no_failure(rx):
    command = " ".join(
        map(shlex.quote, [sys.executable, "-m", "evenpulse", "prescribe", "check", str(rx)])
    )
    assert (
        subprocess.run(
            f"{command} 2>&-", shell=True, stdout=subprocess.DEVNULL, check=False
        ).returncode
        == 0
    )


@pytest.mark.parametrize("command", EXAMPLES)
def test_found_each_command_has_an_example_that_it_takes(run, command):
    """The words of the example are those of the command: the parser of the command line itself
    reads them.
    """
    from typer.main import get_command

    from evenpulse.cli.app import app

    assert f"Example: {EXAMPLES[command]}" in " ".join(run(*command.split(), "-h").out.split())
    words = shlex.split(EXAMPLES[command])
    assert words[0] == "evenpulse"
    at, rest = get_command(app), words[1:]
    for name in command.split():
        assert rest.pop(0) == name
        at = at.commands[name]
    at.make_context(command, rest)


def test_every_command_has_an_example():
    from typer.main import get_command

    from evenpulse.cli.app import app

    def leaves(command, path=()):
        for name, one in getattr(command, "commands", {}).items():
            yield from (
                leaves(one, (*path, name))
                if hasattr(one, "commands")
                else [" ".join((*path, name))]
            )

    assert sorted(leaves(get_command(app))) == sorted(EXAMPLES)


@pytest.mark.parametrize(
    "words", [("-v", "info"), ("info", "-v"), ("info", "--verbose")], ids=" ".join
)
def test_found_verbose_shows_the_lines_of_the_link(run, fake, words):
    outcome = run(*words, "--port", fake().port, "--json")
    assert outcome.code == 0
    sent, came = [line for line in outcome.err.splitlines() if line.startswith("link ")][:2]
    assert sent.startswith("link > b'{") and '"method":"info"' in sent
    assert came.startswith("link < b'{") and '"product":"evenpulse"' in came


def test_the_lines_of_the_link_are_shown_only_when_asked_for(fake):
    assert started(["info", "--port", fake().port], stdout=subprocess.DEVNULL).stderr == b""


@pytest.mark.parametrize(
    "value,says",
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        ([], "-"),
        ([0, None], "0, -"),
        ({"gain": 0, "on": True}, "gain 0, on yes"),
        ([{"a": 1}, {"a": 2}], "a 1; a 2"),
        ("x", "x"),
        (1.5, "1.5"),
    ],
)
def test_found_people_read_no_programming_language(value, says):
    assert plain(value) == says


def test_found_info_reads_like_words(run, fake):
    out = run("info", "--port", fake().port).out
    assert out
    for spelled in ("None", "True", "False", "{", "[", "'"):
        assert spelled not in out, out
