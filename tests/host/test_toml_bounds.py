"""TOML files from a stranger: bounded before they are parsed, told with line and limit, in the
words of the file.
"""

import re

import pytest
from sample_prescription import GOOD_TOML

SCENARIO = 'board = "nmes2"\nprescription = "good.toml"\nuntil_ms = 3000\n'
READERS = {
    "prescription": ("prescribe", "check", GOOD_TOML, 1),
    "scenario": ("twin", "check", SCENARIO, 2),
}

# (situation, a line at the top of the file, what the message must say)
BEYOND = [
    ("thousands of digits", "until_ms = " + "9" * 5000, "a number of 5000 digits; at most 60"),
    ("digits in groups", "x = " + "999_" * 40 + "9", "a number of 121 digits; at most 60"),
    ("hexadecimal digits", "x = 0x" + "f" * 300, "a number of 302 digits; at most 60"),
    ("arrays in arrays", "x = " + "[" * 3000 + "]" * 3000, "nested too deeply; at most 8"),
    ("tables in tables", "x = " + "{a = " * 500 + "1" + "}" * 500, "nested too deeply; at most 8"),
    ("a dotted key", ".".join("a" * 3000) + " = 1", "nested too deeply; at most 8"),
    ("a dotted key in quotes", ".".join(['"a"'] * 3000) + " = 1", "nested too deeply; at most 8"),
    ("a dotted table", "[" + " . ".join("a" * 3000) + "]", "nested too deeply; at most 8"),
    ("a long text", 'x = "' + "a" * 5000 + '"', "a text of 5002 characters; at most 1000"),
    (
        "a long literal text",
        "x = '''" + "a" * 5000 + "'''",
        "a text of 5006 characters; at most 1000",
    ),
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("line,says", [row[1:] for row in BEYOND], ids=[row[0] for row in BEYOND])
def test_found_what_is_beyond_all_bounds_is_refused_with_its_line(
    run, good_toml, reader, line, says
):
    group, command, text, code = READERS[reader]
    file = good_toml.with_name("odd.toml")
    file.write_text(line + "\n" + text if "[" not in line[:1] else text + line + "\n")
    number = 1 if "[" not in line[:1] else text.count("\n") + 1
    outcome = run(group, command, file)
    assert outcome.code == code
    assert outcome.err.startswith(f"error: {file}:{number}: {says}"), outcome.err[:300]
    assert "next:" in outcome.err and "unexpected" not in outcome.err and len(outcome.err) < 500


@pytest.mark.parametrize("reader", READERS)
def test_what_only_looks_deep_or_long_is_read(run, good_toml, reader):
    """Brackets, dots and digits in texts and comments count for nothing."""
    group, command, text, _ = READERS[reader]
    file = good_toml.with_name("fine.toml")
    file.write_text("# [[[[[[[[[[[[ 9.9.9.9.9.9.9.9.9.9.9 " + "9" * 100 + "\n" + text)
    assert run(group, command, file).code == 0


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "."])
@pytest.mark.parametrize(
    "words",
    [
        ("prescribe", "check"),
        ("prescribe", "show"),
        ("twin", "check"),
        ("keys", "show"),
        ("log", "verify", "--image"),
        ("log", "list", "--image"),
        ("report", "--json", "--archive"),
        ("flash", "--port", "twin:", "--uf2"),
    ],
    ids=" ".join,
)
def test_found_only_a_plain_file_is_read(run, words, name):
    """A device file has no end, or does something when it is read."""
    outcome = run(*words, name)
    assert outcome.code in (1, 2)
    assert outcome.err.startswith("error: ") and name in outcome.err and outcome.out == ""
    assert "unexpected" not in outcome.err and "Traceback" not in outcome.err


# (what stands in the file, what instead, how the message must name it, what it advises)
IN_WORDS = [
    (
        "sensation_tested = true",
        'sensation_tested = "true"',
        'checks.sensation_tested = "true"',
        "without quotes",
    ),
    (
        "channels = [1, 2]",
        "channels = [1.0, 2.0]",
        "program[1].channels = [1.0, 2.0]",
        "correct the list",
    ),
    ("channels = [1, 2]", 'channels = ["1"]', 'program[1].channels = ["1"]', "correct the list"),
    (
        "minutes = 20",
        "minutes = 20\nburst = [1, 2]",
        "program[1].burst = [1, 2]",
        "write { pulses = …, inner_pps",
    ),
    (
        "minutes = 20",
        "minutes = 20\nsweep = true",
        "program[1].sweep = true",
        "write { rate_pps = …",
    ),
    ("minutes = 20", "minutes = 20\ntrigger = 1.5", "program[1].trigger = 1.5", "true or false"),
    ("minutes = 20", "minutes = { a = [1.5] }", "program[1].minutes = { a = [1.5] }", "a number"),
]


@pytest.mark.parametrize("find,instead,names,advises", IN_WORDS, ids=[row[2] for row in IN_WORDS])
def test_found_a_value_is_told_as_the_file_has_it(run, good_toml, find, instead, names, advises):
    assert find in GOOD_TOML
    good_toml.write_text(GOOD_TOML.replace(find, instead, 1))
    outcome = run("prescribe", "check", good_toml)
    assert outcome.code == 1
    assert names in outcome.err and advises in outcome.err
    assert not re.search(r"Decimal|True|False", outcome.err)
