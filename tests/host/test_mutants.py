"""Mutation testing: the kept result is good enough and complete, and `make mutants` sees one
that is not, or is old.
"""

import copy
import json

import pytest
from toolchain import cache, mutants

KEPT = json.loads(mutants.KEPT.read_text())


def test_the_kept_result_is_good_enough_and_every_survivor_has_its_reason():
    assert mutants.complaints(KEPT) == []


def test_a_page_says_that_it_is_of_older_sources_while_it_is():
    page = (mutants.CHECKOUT / "docs" / "explanation" / "not-known.md").read_text().split()
    told = "The kept result of `make mutants` is of older sources than these." in " ".join(page)
    assert told == (mutants.stale(KEPT) != "of the same sources")


def test_the_kept_result_covers_the_safety_code_and_adds_up():
    assert set(KEPT["modules"]) == set(mutants.MODULES) >= {"limits", "interlock", "ledger"}
    assert all(part["mutants"] >= 40 for part in KEPT["modules"].values())
    for what in ("mutants", "killed"):
        assert KEPT[what] == sum(part[what] for part in KEPT["modules"].values())
    for name, part in KEPT["modules"].items():
        assert part["mutants"] - part["killed"] == sum(
            row["module"] == name for row in KEPT["survivors"]
        )
    assert (
        KEPT["score_percent"]
        <= 100 * KEPT["killed"] / KEPT["mutants"]
        < KEPT["score_percent"] + 0.1
    )


def test_each_module_alone_is_good_enough():
    for name, part in KEPT["modules"].items():
        assert part["killed"] >= part["mutants"] * mutants.SCORE_PERCENT_LEAST / 100, name


@pytest.mark.parametrize("why", ["", "  "])
def test_a_survivor_without_a_reason_is_seen(why):
    found = copy.deepcopy(KEPT)
    found["survivors"][0]["why"] = why
    (line,) = mutants.complaints(found)
    assert found["survivors"][0]["was"] in line and found["survivors"][0]["now"] in line


@pytest.mark.parametrize("score, good", [(89.9, False), (90.0, True), (90, True), (100.0, True)])
def test_a_score_below_the_limit_is_seen(score, good):
    assert bool(mutants.complaints({**KEPT, "score_percent": score})) != good


def test_a_result_of_other_sources_is_stale_and_one_of_these_is_not():
    present = {name: {"sha256": cache.file_hash(mutants.source(name))} for name in mutants.MODULES}
    assert mutants.stale({"modules": present}) == "of the same sources"
    assert mutants.stale({"modules": {**present, "ledger": {"sha256": "0"}}}) == "of another ledger"
    assert mutants.stale({}) == "of another " + ", ".join(mutants.MODULES)


def test_a_fresh_result_counts_and_takes_over_reasons_even_when_lines_moved():
    rows = [
        {"line": 9, "was": "a < b", "now": "a <= b", "alive": True},
        {"line": 5, "was": "a + b", "now": "a | b", "alive": True},
        {"line": 5, "was": "a + b", "now": "a - b", "alive": False},
    ]
    kept = {
        "survivors": [
            {"module": "ledger", "line": 2, "was": "a < b", "now": "a <= b", "why": "the same"}
        ]
    }
    fresh = mutants.result({"ledger": rows}, mutants.reasons(kept))
    assert (fresh["mutants"], fresh["killed"], fresh["score_percent"]) == (3, 1, 33.3)
    assert [(row["line"], row["why"]) for row in fresh["survivors"]] == [(5, ""), (9, "the same")]
    assert fresh["modules"]["ledger"]["sha256"] == cache.file_hash(mutants.source("ledger"))
