"""The table of the self-test's checks: each that the device makes is a row, by its stable id."""

import pytest

from stimcore import checks


def test_a_row_is_found_by_its_id_and_by_that_of_one_leg_or_channel():
    assert checks.says("outputs_low") == "outputs low"
    assert (
        checks.says("monitor_ch2_b") == "width monitor CH2_B"
        and checks.says("current_zero_ch1") == "current zero CH1"
    )
    assert (
        checks.advice("supply").startswith("charge")
        and not checks.keeps("supply")
        and checks.keeps("monitor_ch1_a")
    )


def test_what_is_not_in_the_table_keeps_the_device_in_fault():
    """A check that somebody forgot to enter is no reason to arm."""
    assert checks.keeps("new_check") and checks.says("new_check") == "new_check"


@pytest.mark.parametrize("row", checks.CHECKS)
def test_a_row_is_well_formed(row):
    name, keeps, says, advice = row
    assert (
        all(part.isalpha() for part in name.split("_"))
        and len(name) <= 24
        and type(keeps) is bool
        and says
        and advice
    )


def test_ids_are_no_beginnings_of_one_another():
    names = [row[0] for row in checks.CHECKS]
    assert not [(a, b) for a in names for b in names if a != b and b.startswith(a + "_")]


def test_only_what_is_watched_all_the_time_or_arms_nothing_lets_a_device_go_on():
    """Supply and temperature are asked in therapy too; the others leave nothing to arm, or are
    for service to know.
    """
    assert [row[0] for row in checks.CHECKS if not row[1]] == [
        "supply",
        "temperature",
        "development_build",
        "journal_chain",
        "prescription",
        "calibration_store",
    ]
