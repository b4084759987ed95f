"""The table of planted defects says what it means, and a sample of it is planted anew."""

import ast
import functools

import pytest

from evenpulse.evidence import hazards
from planted import runner
from planted.defects import DEFECTS
from toolchain import firmware

LEAST = 800
SAMPLE = 12
# A build of the firmware and a session on the twin take as long as all the others of a sample.
SAMPLE_ON_TWIN_MOST = 2
_FIRMWARE = runner.CHECKOUT / "firmware"
# What holds no decision: which build it is, words of a language, letters of a font.
_NO_DECISION = {"__init__.py", "edition.py",
    *(f"texts_{language}.py" for language in ("de", "en", "es", "fr")),
                *(f"letters_{columns}.py" for columns in (6, 8, 12, 16))}  # fmt: skip


def _modules():
    for folder in ("hal", "app", "stimcore"):
        yield from (
            file.relative_to(runner.CHECKOUT).as_posix()
            for file in (_FIRMWARE / folder).glob("*.py")
        )


@functools.cache
def _tests_of(file):
    tree = ast.parse((runner.CHECKOUT / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_there_are_enough_and_each_has_a_name_of_its_own():
    assert len(DEFECTS) >= LEAST
    assert len({one.name for one in DEFECTS}) == len(DEFECTS)
    assert len({(one.file, one.find, one.instead) for one in DEFECTS}) == len(DEFECTS)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda one: one.name)
def test_a_row_fits_the_firmware_the_hazards_and_the_tests(defect):
    assert (runner.CHECKOUT / defect.file).read_text().count(defect.find) == 1
    assert defect.find != defect.instead
    assert defect.hazard in {one.id for one in hazards.HAZARDS}
    for test in defect.seen_by:
        file, _, name = test.partition("::")
        assert not name or name in _tests_of(file), test


def test_every_module_that_decides_has_a_defect():
    planted = {one.file for one in DEFECTS}
    assert not [
        name
        for name in _modules()
        if name.rsplit("/", 1)[1] not in _NO_DECISION and name not in planted
    ]


def test_each_row_has_been_planted_and_98_percent_are_caught():
    """The kept result is of this table: `make planted DEFECTS=new` plants what it has not."""
    kept = {row["state"]: row for row in runner.kept()["rows"]}
    unknown = [one.name for one in DEFECTS if runner.state(one) not in kept]
    assert not unknown, "make planted DEFECTS=new, then build/planted.json is the one to keep"
    assert len(kept) == len(DEFECTS), "of a row that is none"
    missed = [one for one in DEFECTS if kept[runner.state(one)]["outcome"] != runner.CAUGHT]
    assert not [one.name for one in missed if not one.why], "a test is missing"
    assert 100 * (len(DEFECTS) - len(missed)) >= runner.CAUGHT_PERCENT_LEAST * len(DEFECTS)


def test_a_verdict_is_of_what_its_row_says():
    one = DEFECTS[0]
    assert runner.state(one) == runner.state(one._replace(why="another"))
    changes = {"find": "x", "instead": "y", "seen_by": ("z",), "hazard": "HZ0", "name": "n"}
    for field, value in changes.items():
        assert runner.state(one) != runner.state(one._replace(**{field: value}))


def _sample():
    """Another dozen for each state of the firmware: in time all are planted anew."""
    start = int(firmware.sources_hash("nmes2"), 16)
    chosen, on_twin = [], 0
    for number in range(len(DEFECTS)):
        # A prime step meets every row once, rows of one file far apart.
        one = DEFECTS[(start + 101 * number) % len(DEFECTS)]
        on_twin += runner.needs_firmware(one.seen_by)
        if not one.why and not (
            runner.needs_firmware(one.seen_by) and on_twin > SAMPLE_ON_TWIN_MOST
        ):
            chosen.append(one)
    return chosen[:SAMPLE]


def test_a_sample_is_a_dozen_and_most_of_it_without_the_twin():
    sample = _sample()
    assert len({one.name for one in sample}) == SAMPLE
    assert sum(runner.needs_firmware(one.seen_by) for one in sample) <= SAMPLE_ON_TWIN_MOST
    assert len(DEFECTS) % 101, "the step must meet every row"


@pytest.mark.timeout(1_800)
def test_a_sample_is_caught(tmp_path):
    copy = runner.Copy(tmp_path / "copy")
    missed = [verdict for one in _sample() if (verdict := copy.plant(one)).outcome != runner.CAUGHT]
    copy.close()
    assert not missed
