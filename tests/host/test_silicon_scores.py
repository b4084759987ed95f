"""What `make silicon-time` says of scores, against figures worked out by hand, and what it holds
them against.
"""

import json
import re

import pytest

from evenpulse.base.errors import Problem
from evenpulse.silicon import __main__ as command
from evenpulse.silicon import beside

_TEN = [f"bench_{k}" for k in range(10)]


def _off(*percent):
    return dict(zip(_TEN, percent, strict=True))


def test_how_far_off_is_of_the_figure_from_silicon():
    scores = {"a": 110.0, "b": 45.0, "not published": 1.0}
    off = beside.off_percent(scores, {"a": 100.0, "b": 50.0, "not measured": 7.0})
    assert off == {"a": pytest.approx(10), "b": pytest.approx(-10)}


@pytest.mark.parametrize(
    ("off", "near"),
    [
        (_off(*[5] * 10), True),
        (_off(*[-5] * 6, *[15] * 4), True),
        # The middle one, one of them, their number
        (_off(*[5.1] * 10), False),
        (_off(*[0] * 9, -15.1), False),
        (dict(list(_off(*[0] * 10).items())[:9]), False),
    ],
)
def test_near_is_the_median_and_each_of_at_least_ten(off, near):
    assert beside.verdict(off).near is near


def test_who_is_too_far_off_is_named():
    assert beside.verdict(_off(*[0] * 8, 16, -20)).outside == _TEN[8:]
    assert "bench_8, bench_9" in str(beside.verdict(_off(*[0] * 8, 16, -20)))


def test_every_published_figure_says_where_from_when_and_at_what_clock():
    told = beside.published()
    for one in [*told["scores"], *told["gains"]]:
        assert one["source"].startswith("https://github.com/micropython/micropython/pull/")
        assert one["clock_mhz"] == 125 and one["what"] and len(one["name"]) == 10
    for one in told["scores"]:
        assert len(one["by_benchmark"]) >= beside.COUNT


def test_two_who_measured_the_same_chip_agree_by_a_factor_of_two():
    """A point that slipped in one figure is seen in the other."""
    one, two = (one["by_benchmark"] for one in beside.published()["scores"])
    for name in set(one) & set(two):
        assert 1 / 2 < one[name] / two[name] < 2, name


def _scores(told):
    return told["scores"][0]["by_benchmark"]


# Name: (what is done to the file's text or to what it holds, what is told)
EDITED = {
    "no number": (lambda told: _scores(told).update(bm_fft="fast"), "bm_fft is 'fast'"),
    "nothing a second": (lambda told: _scores(told).update(bm_fft=0), "bm_fft is 0"),
    "endless": (lambda told: _scores(told).update(bm_fft=float("inf")), "bm_fft is inf"),
    "none": (lambda told: _scores(told).update(bm_fft=float("nan")), "bm_fft is nan"),
    "too few": (lambda told: [_scores(told).popitem() for _ in range(5)], "9 benchmarks"),
    "no source": (lambda told: told["scores"][1].update(source="a friend"), "source is 'a friend'"),
    "no day": (lambda told: told["gains"][0].update(name="last week"), "name is 'last week'"),
    "no clock": (lambda told: told["gains"][0].update(clock_mhz=None), "clock_mhz is None"),
    "a firmware nobody builds": (lambda told: told["scores"][0].update(firmware="best"), "'best'"),
    "n as text": (lambda told: told.update(n="100"), "n is '100'"),
    "another shape": (lambda told: told.pop("gains"), "another shape: KeyError"),
    "a list": (lambda told: [], "another shape"),
    "a figure twice": (
        lambda text: text.replace("bm_fft", "bm_float", 1), "bm_float is there twice",
    ),
    "cut off": (lambda text: text[:700], "another shape"),
    "empty": (lambda text: "", "another shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITED)
def test_figures_that_are_edited_wrongly_are_told_with_file_and_entry(tmp_path, name):
    edit, wanted = EDITED[name]
    text = beside.FILE.read_text()
    if name in ("a figure twice", "cut off", "empty"):
        text = edit(text)
    else:
        told = json.loads(text)
        made = edit(told)
        text = json.dumps(made if made == [] else told)
    file = tmp_path / "published.json"
    file.write_text(text)
    with pytest.raises(Problem, match="published.json: .*" + re.escape(wanted)) as told:
        beside.published(file)
    assert told.value.do_next


def test_a_benchmark_that_nobody_has_is_told_and_not_left_out(monkeypatch):
    known = [name for one in beside.published()["scores"] for name in one["by_benchmark"]]
    known += [name for one in beside.published()["gains"] for name in one["percent_by_benchmark"]]
    beside.refuse_unknown(known)
    with pytest.raises(Problem, match="no benchmark bm_fft"):
        beside.refuse_unknown([name for name in known if name != "bm_fft"])


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--layouts", "0"], "argument --layouts: '0' is not a whole number from 1 to 1000"),
        (["--layouts", "-1"], "--layouts: '-1' is not"),
        (["--layouts", "1.5"], "--layouts: '1.5' is not"),
        (["--slowest", "--cases", "0"], "--cases: '0' is not a whole number from 1"),
        (["--cases", "5"], "add --slowest"),
        (["--slowest", "--layouts", "3"], "--slowest runs no benchmark"),
        (["--slowest", "--benchmark", "bm_fft"], "--slowest runs no benchmark"),
    ],
)
def test_options_that_mean_nothing(capsys, options, wanted):
    with pytest.raises(SystemExit) as stop:
        command.main(options)
    assert stop.value.code == 2 and wanted in capsys.readouterr().err.splitlines()[-1]


def test_an_unknown_benchmark_and_an_empty_folder_are_told(tmp_path):
    with pytest.raises(Problem, match="no benchmarks and no firmware"):
        command.main(["--upstream", str(tmp_path)])
    (tmp_path / "perf_bench").mkdir()
    with pytest.raises(Problem, match="no benchmarks and no firmware"):
        command.main(["--upstream", str(tmp_path)])
    (tmp_path / "vm_in_ram.bin").touch()
    for name in (n for one in beside.published()["scores"] for n in one["by_benchmark"]):
        (tmp_path / "perf_bench" / f"{name}.py").touch()
    for name in beside.published()["gains"][0]["percent_by_benchmark"]:
        (tmp_path / "perf_bench" / f"{name}.py").touch()
    for wrong in ("nix", "../../../etc/passwd"):
        with pytest.raises(Problem, match="MicroPython has no such benchmark"):
            command.main(["--upstream", str(tmp_path), "--benchmark", wrong])


def test_a_spread_is_least_middle_and_most():
    assert beside.spread([3.0, -2.04, 10.0]) == ["-2.0 %", "+3.0 %", "+10.0 %"]
