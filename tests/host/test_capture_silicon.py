"""What was measured on a board comes onto the first page; files that are none are refused."""

import json

import pytest
from capture_files import Analyser, without, write
from captures_of import PAIN, toml
from captures_of import session as _session

from evenpulse.base.errors import BadUsage
from evenpulse.evidence import silicon


@pytest.fixture(scope="module")
def waves():
    return _session()


@pytest.fixture
def told(waves, run, tmp_path):
    """What the command prints of the same session, sampled at 100 MS/s."""

    def _told(*options, planted=waves):
        (tmp_path / "rx.toml").write_text(toml(PAIN))
        capture = write(tmp_path, "vcd", Analyser(100e6), planted)
        return run(
            "verify", tmp_path / "rx.toml", capture, "--board", "bench", "--json", *options
        ).out

    return _told


def test_an_empty_folder_says_nobody(tmp_path):
    assert set(silicon.rows(tmp_path).values()) == {silicon.NOBODY}
    assert set(silicon.rows(tmp_path)) == {"T1", "T2", "T3", "T4", "T5", "I1", "I2"}


def test_a_result_is_shown_in_its_rows(told, tmp_path):
    folder = tmp_path / "silicon"
    folder.mkdir()
    (folder / "bench-2026-12-01.json").write_text(told())
    rows = silicon.rows(folder)
    for row in ("T1", "T2", "T4", "I1"):
        assert rows[row].endswith("ns, bench 2026-12-01"), rows
    assert rows["T3"] == rows["T5"] == rows["I2"] == silicon.NOBODY
    (folder / "bench-2026-12-02-loaded.json").write_text(told("--during", "buttons"))
    assert silicon.rows(folder)["T3"].endswith("bench 2026-12-02")


def test_found_a_result_outside_is_not_hidden_by_one_within(told, waves, tmp_path):
    folder = tmp_path / "silicon"
    folder.mkdir()
    late = waves.copy()
    late.ns["HV_EN"][-1] += 500
    (folder / "bench-2026-12-01.json").write_text(told(planted=late))
    (folder / "bench-2026-12-02.json").write_text(told())
    assert silicon.rows(folder)["I1"].startswith("**not within**: 5")


def test_found_what_no_row_has_is_not_hidden_either(told, waves, tmp_path):
    """Pulses of channel 2 are missing: no phase and no start of it is off."""
    folder = tmp_path / "silicon"
    folder.mkdir()
    dead = without(waves, 2, range(45, 95))
    (folder / "bench-2026-12-01.json").write_text(told(planted=dead))
    assert silicon.rows(folder)["T1"].startswith("**not as prescribed otherwise**: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bench.json", "{}"),
        ("nobody-2026-12-01.json", "{}"),
        ("bench-2026-13-01.json", "{}"),
        ("bench-2026-12-01.JSON", "{}"),
        ("bench-2026-12-01.txt", "{}"),
        ("bench-2026-12-01.json", ""),
        ("bench-2026-12-01.json", "{}"),
        ("bench-2026-12-01.json", "no JSON"),
        ("bench-2026-12-01.json", "[" * 100_000),
        ("bench-2026-12-01.json", json.dumps({"contract": {"T1": 0}, "during": None})),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadUsage, match=name):
        silicon.rows(tmp_path)


@pytest.mark.parametrize(
    ("edit", "wanted"),
    [
        (lambda one: one["contract"]["T1"].update(ns=float("nan")), "T1 is nan"),
        (lambda one: one["contract"]["I1"].update(ns=float("inf")), "I1 is inf"),
        (lambda one: one["contract"]["T4"].update(unsure_ns=-1), "T4 is .* ± -1"),
        (lambda one: one.update(board="nmes2"), "measured as board nmes2"),
        (lambda one: one.update(grid_ns=0.0), "the twin wrote that capture"),
        (lambda one: one.pop("as_prescribed"), "KeyError: 'as_prescribed'"),
    ],
)
def test_a_result_that_says_something_else_is_refused(told, tmp_path, edit, wanted):
    folder = tmp_path / "silicon"
    folder.mkdir()
    one = json.loads(told())
    edit(one)
    (folder / "bench-2026-12-01.json").write_text(json.dumps(one))
    with pytest.raises(BadUsage, match=f"(?s)bench-2026-12-01.json.*{wanted}") as refused:
        silicon.rows(folder)
    assert refused.value.do_next
