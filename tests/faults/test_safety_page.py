"""The safety page: every hazard has a control, and tests that exist; its tables are the kept results; the campaign found nothing unsafe."""

import ast
from pathlib import Path

import pytest
from evenpulse.errors import Problem
from evenpulse.faults import safety
from evenpulse.faults.hazards import HAZARDS

ROOT = Path(__file__).resolve().parents[2]
KNOWN = [f"HZ{n}" for n in range(1, 13)]  # the hazards that the project set out with; more may come


def functions(path):
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_known_hazard_is_there_once():
    ids = [hazard.id for hazard in HAZARDS]
    assert sorted(set(ids)) == sorted(ids) and set(KNOWN) <= set(ids)


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.id)
def test_a_hazard_has_a_control_and_tests_that_exist(hazard):
    assert hazard.control and hazard.tests
    for test in hazard.tests:
        file, _, name = test.partition("::")
        assert name in functions(ROOT / file), test


def test_the_page_is_what_the_kept_results_say():
    page = safety.PAGE.read_text()
    assert safety.render(page, safety.kept()) == page, "python -m evenpulse.faults.safety"


def test_the_kept_campaign_is_whole_and_found_nothing_unsafe():
    kept = safety.kept()
    campaign, ablation = kept["campaign"], kept["ablation"]
    assert campaign["runs"] >= 1_000 and campaign["unsafe"] == campaign["undecided"] == 0 and campaign["cases"] == []
    assert sum(told["runs"] for told in campaign["by_fault"].values()) == campaign["runs"]
    assert set(ablation["without"]) == {"guard", "deadman", "monitors", "watchdog", "firmware", "python"}
    assert ablation["firmware"] == campaign["firmware"]


def test_the_kept_interlock_rows_are_within_their_limits():
    rows = {row["id"]: row for row in safety.kept()["interlock"]}
    limits = {"I1": 8, "I2": 100, "I3": 405, "I4": 500, "I5": 1, "I6": 0}
    assert {id_: row["limit"] for id_, row in rows.items()} == limits
    assert all(row["value"] <= row["limit"] and "200 random clocks" in row["how"] for row in rows.values())


def test_a_page_without_marks_is_refused():
    with pytest.raises(Problem, match="no marks for the table hazards"):
        safety.render("# Safety\n", safety.kept())
