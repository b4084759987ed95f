"""`evenpulse prescribe`: a template to begin with, every mistake at once, nothing signed that
has expired, and shown signed or not.
"""

import pytest
from sample_prescription import GOOD_TOML, answered

MISTAKES = [
    ("ch1_ma = 30.0", "ch1_ma = 300.0", "caps.ch1_ma = 300"),
    ("rest_min = 30", "rest_min = 5", "caps.rest_min = 5"),
    ("phase_us = 100", "phase_us = 700", "program[1].phase_us = 700"),
    ("rate_pps = 80.0", "rate_pps = 900.0", "program[1].rate_pps = 900"),
    ("counter = 1", "counter = 0", "counter = 0"),
    ("sensation_tested = true", "sensation_tested = false", "checks.sensation_tested = false"),
    ("minutes = 20", "minuts = 20", "did you mean minutes"),
    ("issued = 2026-11-22", 'issued = "soon"', "issued ="),
    ("channels = [1, 2]", "channels = [3]", "program[1].channels"),
    (
        "sessions_per_day = 3",
        "sessions_per_day = 3\nsessions_per_week = 22",
        "caps.sessions_per_week = 22",
    ),
    ('patient = "P-017"\n', "", "patient is missing"),
]


def spoilt(*mistakes):
    text = GOOD_TOML
    for find, instead, _ in mistakes:
        assert find in text
        text = text.replace(find, instead)
    return text


def test_found_every_mistake_is_told_at_once(run, good_toml):
    good_toml.write_text(spoilt(*MISTAKES))
    outcome = run("prescribe", "check", good_toml)
    assert outcome.code == 1 and f"{len(MISTAKES)} mistakes" in outcome.err
    for _, _, mention in MISTAKES:
        assert mention in outcome.err, (mention, outcome.err)
    lines = [
        int(line.partition("line ")[2].partition(":")[0])
        for line in outcome.err.splitlines()
        if "line " in line
    ]
    assert lines == sorted(lines) and len(lines) >= len(MISTAKES) - 2


@pytest.mark.parametrize("one", MISTAKES, ids=[row[1][:20] for row in MISTAKES])
@pytest.mark.parametrize("other", MISTAKES[:4], ids=[row[1][:20] for row in MISTAKES[:4]])
def test_found_two_mistakes_are_two_and_nothing_else(run, good_toml, one, other):
    """What stands in for a refused value makes no mistake of its own."""
    mistakes = [one] if one is other else [one, other]
    good_toml.write_text(spoilt(*mistakes))
    outcome = run("prescribe", "check", good_toml)
    assert outcome.code == 1
    assert all(mention in outcome.err for _, _, mention in mistakes), outcome.err
    assert ("2 mistakes" in outcome.err) == (
        len(mistakes) == 2
    ) and "3 mistakes" not in outcome.err, outcome.err


def test_found_what_has_expired_is_not_signed(run, good_toml, clinic, tmp_path):
    good_toml.write_text(
        GOOD_TOML.replace("issued = 2026", "issued = 2001").replace(
            "expires = 2027-02-22", "expires = 2002-02-22"
        )
    )
    outcome = run(
        "prescribe", "sign", good_toml, "--key", clinic / "clinic.key", "-o", tmp_path / "x.signed"
    )
    assert (
        outcome.code == 1
        and "expires = 2002-02-22 is refused" in outcome.err
        and "this computer's date" in outcome.err
    )
    assert not (tmp_path / "x.signed").exists()


@pytest.mark.parametrize("board", ["nmes2", "zero1", "bench"])
def test_found_a_template_to_begin_with_is_sound_and_never_over_a_file(run, tmp_path, board):
    file = tmp_path / "rx.toml"
    assert run("prescribe", "new", file, "--board", board).code == 0
    assert "sessions_per_week" in file.read_text() and file.read_text().count("#") > 20
    answered(file)
    assert run("prescribe", "check", file, "--board", board).code == 0
    assert run("prescribe", "new", file, "--board", board).code == 2


def test_found_a_prescription_is_shown_before_it_is_signed(run, good_toml, good_signed, clinic):
    plain = run("prescribe", "show", good_toml)
    assert (
        plain.code == 0
        and "nobody: not signed" in plain.out
        and "not signed: no device takes it" in plain.err
    )
    assert run("prescribe", "show", good_toml, "--json").json["signature"] is None
    assert "not verified" in run("prescribe", "show", good_signed).out
    assert "verified" in run("prescribe", "show", good_signed, "--key", clinic / "clinic.pub").out
    assert run("prescribe", "show", good_toml, "--key", clinic / "clinic.pub").code == 2
