"""A course of treatment can be played: powered time goes on in no time, and what a run leaves is
read by the clinic's tools.
"""

import json

import pytest
from sample_scenarios import event, scenario
from typer.testing import CliRunner

from evenpulse.base.errors import Problem
from evenpulse.cli.app import app
from evenpulse.scenario import player as scenarios

MINUTE_MS = 60_000


def hold(at_ms, button="START", for_ms=1_200):
    return event(at_ms, "hold", button=button, for_ms=for_ms)


def test_found_a_course_of_two_sessions_is_played_and_reported(tmp_path, prescription, firmware):
    """STOP ends the first session; three hours later, by the device's own clock, the second
    begins.
    """
    course = scenario(
        tmp_path,
        9_000,
        event(1_900, "press", button="UP"),
        event(2_500, "press", button="STOP"),
        hold(3_000),
        event(4_500, "advance", minutes=180),
        hold(5_000),
        event(7_500, "press", button="STOP"),
    )
    scenarios.run(course, tmp_path / "out")
    records = [
        json.loads(line) for line in (tmp_path / "out" / "journal.jsonl").read_text().splitlines()
    ]
    first, second = [one for one in records if one["e"] == "start"]
    assert 180 * MINUTE_MS < second["ms"] - first["ms"] < 181 * MINUTE_MS
    assert 180 * 60 <= second["t"] - first["t"] <= 181 * 60
    told = CliRunner().invoke(app, ["report", "--archive", str(tmp_path / "out"), "--json"])
    assert told.exit_code == 0, told.output
    assert len(json.loads(told.stdout)["sessions"]) == 2


def test_time_is_not_advanced_while_something_could_flow(tmp_path, prescription, firmware):
    course = scenario(tmp_path, 4_000, event(2_500, "advance", minutes=5))
    with pytest.raises(Problem, match="something could flow"):
        scenarios.run(course, tmp_path / "out")
    assert not (tmp_path / "out").exists()
