"""The command: what it takes, what it refuses."""

import json

import pytest

from evenpulse.base.errors import BadUsage
from evenpulse.faults import __main__ as command


@pytest.mark.parametrize(
    "wrong",
    [["--runs", "0"], ["--runs", "-3"], ["--jobs", "0"], ["--without", "luck"], ["--seed", "x"]],
)
def test_a_wrong_argument_is_refused_before_anything_runs(wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(wrong)
    assert ended.value.code == 2 and wrong[0] in capsys.readouterr().err


def test_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(BadUsage, match="no kind of fault"):
        command._numbers(command._wishes(["--only", "earthquake"]))


def test_kinds_asked_for_come_from_every_turn_of_the_deck():
    numbers = command._numbers(command._wishes(["--only", "lead off", "--runs", "3"]))
    assert [command.DECK[n % len(command.DECK)].name for n in numbers] == ["lead off"] * 3 and len(
        set(numbers)
    ) == 3


def test_the_safety_table_needs_a_campaign(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadUsage, match="faults.json"):
        command.main(["--safety-table"])


def test_the_safety_table_comes_from_the_files_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build").mkdir()
    row = {
        "runs": 2,
        "safe-stopped": 2,
        "safe-harmless": 0,
        "unsafe": 0,
        "undecided": 0,
        "layers": {"guard": 2},
        "slowest_us": 0.016,
        "surprises": [],
        "why": {},
    }
    told = {
        "runs": 2,
        "seeds": [1],
        "unsafe": 0,
        "undecided": 0,
        "firmware": "ab" * 32,
        "by_fault": {"lead off": row},
        "by_layer": {"guard": {"stops": 2, "median_us": 0.016, "slowest_us": 0.016}},
    }
    (tmp_path / "build/faults.json").write_text(json.dumps(told))
    (tmp_path / "build/faults-ablation.json").write_text(json.dumps({"without": {"guard": told}}))
    assert command.main(["--safety-table"]) == 0
    assert (
        "| lead off | the next pulse does not come | guard | 2 clocks |  | guard |"
        in capsys.readouterr().out
    )
