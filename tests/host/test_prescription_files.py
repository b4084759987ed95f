"""A prescription file that is wrong in any one place: one clear message with the file, the field,
the value and what to do.
"""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_prescription import GOOD_TOML
from wrong_prescriptions import CHARGE_EDITS, LIMITS, MISSING, SHAPE, SYNTAX

from evenpulse.prescription import file as prescription

STRENGTH = '[[program]]\nname = "Strong"\npreset = "strength"\nchannels = [1]\n'
OWN = (
    '[[program]]\nname = "Own"\nchannels = [1]\nphase_us = 200\ngap_us = 50\nrate_pps = 20\n'
    "minutes = 10\n"
)

WRONG = SYNTAX + MISSING + SHAPE + LIMITS


@pytest.mark.parametrize(
    ("name", "find", "instead", "mentions"), WRONG, ids=[row[0] for row in WRONG]
)
def test_one_thing_wrong_is_one_clear_message(run, good_toml, name, find, instead, mentions):
    text = GOOD_TOML
    for old, new in [(find, instead), *CHARGE_EDITS.get(name, [])]:
        assert old in text
        text = text.replace(old, new, 1)
    good_toml.write_text(text)
    outcome = run("prescribe", "check", good_toml)
    assert outcome.code == 1, outcome.out
    assert re.match(rf"error: {re.escape(str(good_toml))}(:\d+)?: ", outcome.err)
    for mention in mentions:
        assert mention in outcome.err
    assert "next:" in outcome.err
    assert "unexpected" not in outcome.err
    assert outcome.out == ""


RIGHT = [
    ("as it is", "", ""),
    ("an amplitude at the ceiling", "ch1_ma = 30.0", "ch1_ma = 100"),
    ("the shortest phase", "phase_us = 100", "phase_us = 20"),
    ("the highest rate", "rate_pps = 80.0", "rate_pps = 150"),
    ("the shortest gap", "gap_us = 50", "gap_us = 5"),
    ("the longest session", "session_min = 30", "session_min = 60"),
    ("the shortest rest", "rest_min = 30", "rest_min = 30.0"),
    ("an undeclared electrode", "electrode_cm2 = 25.0\n", ""),
    ("a second program", "[[program]]", STRENGTH + "[[program]]"),
    ("a program without a preset", "[[program]]", OWN + "[[program]]"),
    ("a day in quotes", "issued = 2026-11-22", 'issued = "2026-11-22"'),
    ("a byte-order mark", 'id = "rx-0001"', '\ufeffid = "rx-0001"'),
    ("lines of Windows", "\n", "\r\n"),
]


@pytest.mark.parametrize(
    ("find", "instead"), [row[1:] for row in RIGHT], ids=[row[0] for row in RIGHT]
)
def test_what_lies_on_the_limit_is_accepted(run, good_toml, find, instead):
    good_toml.write_bytes(GOOD_TOML.replace(find, instead).encode() if find else GOOD_TOML.encode())
    outcome = run("prescribe", "check", good_toml, "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["id"] == "rx-0001"


# (what is written, where "# here" marks the line that is to blame; what is replaced)
PLANTED = [
    ("a value in a table", "ch2_ma = 30.0", "ch2_ma = 130.0 # here", "caps.ch2_ma"),
    ("a value in a program", "gap_us = 50", "gap_us = 4 # here", "program[1].gap_us"),
    (
        "a value in the second program",
        "[[program]]",
        OWN.replace("rate_pps = 20", "rate_pps = 200 # here") + "[[program]]",
        "program[1].rate_pps",
    ),
    (
        "a value below a first program",
        "[[program]]",
        OWN + "[[program]]\nminuets = 3 # here\n",
        "program[2].minuets",
    ),
    ("an unknown key at the top", "counter = 1", "counter = 1\nconter = 2 # here", "conter"),
    (
        "an unknown key in a table",
        "rest_min = 30",
        "rest_min = 30\nrest_h = 1 # here",
        "caps.rest_h",
    ),
    ("a table that nobody knows", "[caps]", "[cap] # here\nx = 1\n[caps]", "cap"),
    ("a missing key: its table", "ch1_ma = 30.0\n", "", "caps.ch1_ma"),
    ("a missing key: its program", "channels = [1, 2]\n", "", "program[1].channels"),
    (
        "inside an inline table",
        "minutes = 20",
        "minutes = 20\nburst = { pulses = 1, inner_pps = 80.0, per_s = 2.0 } # here",
        "burst.pulses",
    ),
    (
        "inside a list",
        "minutes = 20",
        (
            "minutes = 20\nsweep = { rate_pps = [80.0, nan], phase_us = [100, 200], period_s = "
            "12.0 } # here"
        ),
        "sweep.rate_pps",
    ),
    (
        "after a list of several lines",
        "channels = [1, 2]",
        "channels = [\n  1,\n  2,\n]\nphase = 1 # here",
        "program[1].phase",
    ),
    (
        "after a text of several lines",
        'patient = "P-017"',
        'patient = """\nP-017"""\ncunter = 1 # here',
        "cunter",
    ),
    (
        "a text of several lines",
        'patient = "P-017"',
        'patient = """ # here\n[caps]\n\tP-017"""',
        "patient",
    ),
    (
        "the charge of a cap",
        "ch1_ma = 30.0",
        "ch1_ma = 99.0 # here",
        "caps.ch1_ma",
        ("phase_us = 100", "phase_us = 400"),
    ),
    ("a wrong date", "expires = 2027-02-22", "expires = 2026-11-21 # here", "expires"),
    ("a syntax error", "minutes = 20", "minutes = 20 20 # here", "not valid TOML"),
    ("a key twice", "rest_min = 30", "rest_min = 30\nrest_min = 40 # here", "not valid TOML"),
]


@pytest.mark.parametrize("row", PLANTED, ids=[row[0] for row in PLANTED])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["", "Windows"])
def test_a_mistake_is_told_with_its_line(run, good_toml, row, newline):
    _, find, instead, field, *more = row
    text = GOOD_TOML
    for old, new in [(find, instead), *more]:
        assert old in text
        text = text.replace(old, new, 1)
    lines = text.split("\n")
    marked = [number for number, line in enumerate(lines, 1) if "# here" in line]
    header = {"caps.ch1_ma": "[caps]", "program[1].channels": "[[program]]"}
    (wanted,) = marked or [lines.index(header[field]) + 1]
    good_toml.write_bytes(text.replace("\n", newline).encode())
    outcome = run("prescribe", "check", good_toml)
    assert outcome.code == 1
    assert outcome.err.startswith(f"error: {good_toml}:{wanted}: "), outcome.err
    assert field in outcome.err.splitlines()[0] and "next:" in outcome.err


def test_a_key_that_is_missing_at_the_top_has_no_line(run, good_toml):
    good_toml.write_text(GOOD_TOML.replace("counter = 1\n", ""))
    assert run("prescribe", "check", good_toml).err.startswith(
        f"error: {good_toml}: counter is missing"
    )


def test_a_file_without_programs_lacks_them(run, good_toml):
    """Told in the file's words: TOML has no None."""
    good_toml.write_text(GOOD_TOML.partition("[[program]]")[0])
    told = run("prescribe", "check", good_toml).err
    assert "program is missing: at least one [[program]]" in told and "None" not in told


def test_whole_files_that_cannot_be(run, tmp_path):
    (tmp_path / "latin.toml").write_bytes(b'id = "J\xf6rg"\n')
    (tmp_path / "big.toml").write_text("# " + "x" * 70_000)
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000 + "]" * 5000)
    (tmp_path / "empty.toml").write_text("")
    for name, mention in [
        ("none.toml", "No such file"),
        (".", "is a folder"),
        ("latin.toml", "not UTF-8"),
        ("big.toml", "at most 65536"),
        ("deep.toml", "deep.toml:1: nested too deeply"),
        ("empty.toml", "missing"),
    ]:
        outcome = run("prescribe", "check", tmp_path / name)
        assert outcome.code == 1, name
        assert mention in outcome.err
        assert "unexpected" not in outcome.err


def test_an_unknown_board(run, good_toml):
    outcome = run("prescribe", "check", good_toml, "--board", "nmse2")
    assert outcome.code == 2
    assert "no board 'nmse2'" in outcome.err
    assert "use 'nmes2'?" in outcome.err


def test_no_folder_of_boards(run, good_toml, monkeypatch, tmp_path):
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path))
    outcome = run("prescribe", "check", good_toml)
    assert outcome.code == 2
    assert "no board at all" in outcome.err


def test_a_board_only_tightens(run, good_toml, monkeypatch, tmp_path):
    """A board that stands 20 mA refuses a cap of 30 mA, and is named as the source."""
    from evenpulse.base import boards

    facts = (boards.folder() / "nmes2" / "board.py").read_text()
    (tmp_path / "weak").mkdir()
    (tmp_path / "weak" / "board.py").write_text(
        facts.replace('"nmes2"', '"weak"') + "\nMAX_UA = 20_000\n"
    )
    monkeypatch.setenv("EVENPULSE_BOARDS", str(tmp_path))
    outcome = run("prescribe", "check", good_toml, "--board", "weak")
    assert outcome.code == 1
    assert "caps.ch1_ma" in outcome.err
    assert "board weak" in outcome.err


values = st.sampled_from(
    [
        "",
        "1",
        "-1",
        "1e400",
        "nan",
        "[]",
        "{}",
        "[1, 2]",
        '"x"',
        "true",
        "2026-11-22",
        "07:30:00",
        "1979-05-27T07:32:00Z",
        "0x10",
        "[[1]]",
        "[nan, inf]",
        '["a"]',
        "{ a = 1 }",
        "{ pulses = nan }",
        '""',
    ]
)


@settings(max_examples=300)
@given(st.integers(0, GOOD_TOML.count("=") - 1), values)
def test_any_value_in_any_place_is_accepted_or_one_refusal(tmp_path_factory, place, value):
    """Whatever stands behind a key, reading it ends with a prescription or with one
    BadPrescription.
    """
    lines = GOOD_TOML.splitlines()
    row = [number for number, line in enumerate(lines) if "=" in line][place]
    lines[row] = lines[row].split("=")[0] + "= " + value
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text("\n".join(lines))
    try:
        prescription.read(file, "nmes2")
    except prescription.BadPrescription as refusal:
        assert re.match(rf"{re.escape(str(file))}(:\d+)?: ", str(refusal))


# Commands that read a prescription in TOML, with the signed one in its place.
MEANT_TOML = [
    ("prescribe", "check"),
    ("prescribe", "sign", "--key", "clinic.key", "-o", "other.signed"),
    ("outputs",),
    ("bench", "run", "--port", "twin@bench:"),
    ("twin", "web"),
    ("verify",),
    ("report", "--port", "twin:", "-o", "report.html", "--prescription"),
]


@pytest.mark.parametrize("words", MEANT_TOML, ids=" ".join)
def test_the_signed_file_in_the_place_of_its_toml_is_told_as_that(
    run, good_signed, clinic, monkeypatch, words
):
    monkeypatch.chdir(clinic)
    capture = ["waves.vcd"] if words == ("verify",) else []
    outcome = run(*words, good_signed, *capture)
    assert outcome.code in (1, 2) and not outcome.out
    assert "this is the signed prescription" in outcome.err, outcome.err
    assert "NAME.toml" in outcome.err and "TOML:" not in outcome.err
