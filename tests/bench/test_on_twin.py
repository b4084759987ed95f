"""The bench on the emulated chip, small: real errors are seen where they are made, and every row
comes out.
"""

import json
from dataclasses import replace

import pytest

from evenpulse.base.errors import Problem
from evenpulse.bench import __main__ as bench
from evenpulse.bench import comparison, contract, cost, long_run, reaction, stock, under_load
from evenpulse.bench.cpu import CpuMeter
from evenpulse.bench.figures import errors
from evenpulse.bench.rows import CONTRACT, row
from evenpulse.bench.typed_in import type_in
from evenpulse.connect.service import Service
from evenpulse.evidence.parts import PARTS
from evenpulse.twin.waveform import pulses


def quiet(_text):
    """Says nothing."""


@pytest.fixture(scope="module")
def service():
    """A chip in service mode with the alternatives on it."""
    made = Service()
    type_in(made, "drive.py", "loads.py", "alternatives.py")
    return made


def test_what_fails_on_the_device_fails_here(service):
    with pytest.raises(Problem, match="ZeroDivisionError"):
        service.run("1 / 0")
    assert service.run("print(6 * 7)") == "42"


def test_a_stop_of_the_cpu_is_seen_in_a_program_and_not_in_ours(service):
    """3 ms without a CPU in the middle of a phase: the program's phase is that much longer; the
    PIO's is not.
    """
    twin, (a, b) = service.twin, comparison._spare_pins(service.twin.board)
    stopped, first = [], len(twin.edges)

    def freeze(_clock, gpio, level):
        if level and gpio in (a, 2) and not stopped:
            stopped.append(twin.freeze(3))

    twin.chip.pads.on_edge.append(freeze)
    service.run(f"by_sleep(Legs({a}, {b}, 100, 50), 20000, 3, False)")
    found = errors(pulses(twin.edges[first:], a, b), comparison.WANTED)
    assert stopped and found.worst("phase") > 2 * 125_000
    stopped.clear()
    ours = comparison._ours(service, "idle", 5)
    assert stopped and [ours.errors.worst(name) for name in comparison.FIGURES] == [0, 0, 0]
    twin.chip.pads.on_edge.remove(freeze)


def test_an_edge_moved_by_a_clock_is_found_by_t1():
    """The bench's own way from edges to a number, with one edge of the chip moved."""
    service, pairs = Service(), [(20, 500), (333, 77)]
    type_in(service, "drive.py")
    program = stock.device_form(rate_pps=150)["programs"][0]
    service.run(
        f"program = {program!r}\nfor program['phase_us'], program['gap_us'] in {pairs!r}:\n "
        f"play(program, 3)"
    )
    twin = service.twin
    assert contract.worst_of_groups(twin, 1, pairs) == 0
    leg = twin.board["PINS"]["CH1_A"][0]
    at = next(i for i, (_, gpio, level) in enumerate(twin.edges) if gpio == leg and not level)
    clock, gpio, level = twin.edges[at]
    twin.edges[at] = clock + 1, gpio, level
    assert contract.worst_of_groups(twin, 1, pairs) == 1
    assert contract.worst_of_groups(twin, 1, [(20, 500), (333, 78)]) == 125


def test_cpu_time_of_a_busy_and_of_a_stopped_chip(service):
    service.start("import time\ntime.sleep_ms(100)\nfor _ in range(3000): pass\nmark(3)")
    asleep = CpuMeter(service.twin)
    asleep.run_to(service.twin.now + 90 * 125_000)
    assert asleep.percent < 5
    service.finish()
    service.twin.freeze(20)
    stopped = CpuMeter(service.twin)
    stopped.run_to(service.twin.now + 10 * 125_000)
    assert stopped.percent == 100


def test_leaving_therapy_is_no_zero(monkeypatch):
    """A load that makes the device trip: its row has no value, and the whole of T3 is broken."""
    monkeypatch.setattr(under_load, "LOADS", {"STOP": (0, "", True)})
    monkeypatch.setattr(under_load, "BUTTONS", ("STOP",))
    rows = {r.id: r for r in under_load.t3(300, quiet)}
    assert (rows["T3.STOP"].value, rows["T3.STOP"].ok, rows["T3"].ok) == (None, False, False)


def test_the_long_run_in_small(tmp_path):
    """All its rates, a few pulses each, kept as evidence keeps them: the file is the one that is
    read.
    """
    part = next(part for part in PARTS if part.name == "long run")
    runs = {str(rate_pps): long_run.measure(rate_pps, 12, quiet) for rate_pps, _ in long_run.RUNS}
    replace(part, file=tmp_path / "long.json").keep(runs)
    kept = long_run.kept_row(tmp_path / "long.json")
    assert (kept.value, kept.ok) == (0, True)
    assert "12 at 150 pps, 12 at 50 pps, 12 at 77.3 pps" in kept.how


def test_a_press_that_is_taken_and_one_that_is_locked():
    """What a press changes has a time; what it does not change has none, and makes the row void."""
    twin = stock.running(rate_pps=100)
    # The signal and the screen of the start are over
    twin.run_ms(500)
    taken = reaction.reaction_ms(twin, "UP")
    # A press counts when it has stood for 10 ms
    assert all(10 < taken[sign] <= 50 for sign in reaction.SIGNS)
    twin.run_ms(4_500)
    locked = reaction.reaction_ms(twin, "UP")
    assert locked["current"] is None and locked["sound"] is not None


def test_every_row_comes_out(tmp_path, monkeypatch):
    """`make bench` in small: the file has each contract id and each method's figures, and ours
    are zeros.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cost, "RATES_PPS", (100,))
    monkeypatch.setattr(cost, "w2", lambda say: row("W2", 0, "tests", 0, "not asked here"))
    # Their numbers are kept; here they need only come out
    f2, w1 = cost.f2, cost.w1
    monkeypatch.setattr(cost, "f2", lambda _ms, say: f2(500, say))
    monkeypatch.setattr(cost, "w1", lambda _ms, say: w1(500, say))
    bench.main(
        (
            "--pulses 20 --compare 10 --step 160 --triggers 2 --load-ms 200 --presses 2 --faults 6 "
            "--sectors 1"
        ).split()
    )
    rows = {r["id"]: r for r in json.loads((tmp_path / "build" / "bench.json").read_text())}
    assert set(CONTRACT) <= set(rows)
    for id_ in (
        "T1",
        "T2",
        "T3",
        "T4",
        "T5",
        "I1",
        "I2",
        "I3",
        "I4",
        "I5",
        "I6",
        "F1",
        "F1.free",
        "F3",
        "F4",
    ):
        assert rows[id_]["ok"] is True, rows[id_]
    for method in ("Evenpulse", "time.sleep_us", "machine.Timer", "machine.PWM"):
        for load in ("idle", "loaded"):
            assert f"C.{method}.{load}.period.worst" in rows
    assert rows["C.Evenpulse.loaded.period.worst"]["value"] == 0
    assert rows["H2.log"]["value"] > rows["H2.mpremote"]["value"] > 0
    assert rows["C.time.sleep_us.loaded.period.worst"]["value"] > 0
    assert (tmp_path / "build" / "bench" / "errors.png").stat().st_size < 100_000
