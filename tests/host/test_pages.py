"""The pages with measured tables: every hazard has a control, and tests that exist; its tables
are the kept results; what the campaign found unsafe is told.
"""

import ast
import re
from pathlib import Path

import pytest

from evenpulse.base.errors import Problem
from evenpulse.evidence import pages
from evenpulse.evidence.hazards import HAZARDS

ROOT = Path(__file__).resolve().parents[2]
# The hazards that the project set out with; more may come
KNOWN = [f"HZ{n}" for n in range(1, 13)]


def functions(path):
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }


def test_every_known_hazard_is_there_once():
    ids = [hazard.id for hazard in HAZARDS]
    assert sorted(set(ids)) == sorted(ids) and set(KNOWN) <= set(ids)


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda hazard: hazard.id)
def test_a_hazard_has_a_control_and_tests_that_exist(hazard):
    assert hazard.control and hazard.tests
    for test in hazard.tests:
        file, _, name = test.partition("::")
        assert name in functions(ROOT / file), test


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_a_page_is_what_the_kept_results_say(page):
    text = page.read_text()
    assert pages.render(text, pages.PAGES[page], pages.kept()) == text, (
        "python -m evenpulse.evidence.pages"
    )


def test_the_kept_campaign_is_whole_and_what_it_found_unsafe_is_told_on_the_page():
    kept = pages.kept()
    campaign, ablation = kept["campaign"], kept["ablation"]
    assert campaign["runs"] >= 10_000 and len(campaign["seeds"]) >= 5
    assert campaign["undecided"] == campaign["unnoticed"] == 0
    unsafe = {f"{case['seed']}:{case['case']}" for case in campaign["cases"]}
    assert len(unsafe) == campaign["unsafe"]
    told = (ROOT / "docs/explanation/not-known.md").read_text()
    rows = re.findall(r"^\| (\d+:\d+(?:, \d+:\d+)*) \|", told, re.MULTILINE)
    assert sorted(case for row in rows for case in row.split(", ")) == sorted(unsafe)
    assert sum(told["runs"] for told in campaign["by_fault"].values()) == campaign["runs"]
    assert set(ablation["without"]) == {
        "guard",
        "deadman",
        "monitors",
        "watchdog",
        "firmware",
        "python",
    }
    assert kept["quiet"]["firmware"] == ablation["firmware"] == campaign["firmware"]


def test_the_kept_bench_is_within_its_limits():
    rows = {row["id"]: row for row in pages.kept()["bench"]["rows"]}
    limits = {
        "I1": 8,
        "I2": 100,
        "I3": 405,
        "I4": 500,
        "I5": 1,
        "I6": 0,
        "T1": 0,
        "T2": 0,
        "T2.long": 0,
        "T3": 0,
        "T4": 0,
        "T5": 125,
        "F1": 0,
        "F2": 15,
        "F3": 1_000,
        "F4": 50,
        "H1": 250,
    }
    assert {id_: rows[id_]["limit"] for id_ in limits} == limits
    assert all(rows[id_]["value"] <= limit for id_, limit in limits.items())
    assert rows["F1.free"]["value"] >= 100_000 and rows["W1"]["value"] >= 1
    assert all("200 random clocks" in rows[id_]["how"] for id_ in limits if id_[0] == "I")
    assert not [row["id"] for row in rows.values() if row["ok"] is False]


def test_a_page_without_marks_is_refused():
    with pytest.raises(Problem, match="no marks for the table timing"):
        pages.render("# Evenpulse\n", {"timing": str}, {})
