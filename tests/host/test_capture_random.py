"""Random programs, analysers and beginnings: what the oracle of the pulse machine's tests makes of
a program is never called wrong, and one pulse of it that is late is.
"""

import math
import random
from fractions import Fraction

import capture_files as files
import numpy as np
import prescribed
import pytest
import rig

from evenpulse.base import boards
from evenpulse.capture import fit, measure, pins, read, rows, verdict
from stimcore import prescription
from stimcore.errors import Refused

_CRYSTAL_PPM = 100.0
_RATES = (12e6, 24e6, 50e6, 100e6, 500e6)
_LATE_NS = 5_000


def _program(chance):
    """As a clinician writes it; it may be one that is refused."""
    kind = chance.choice(("steady", "steady", "burst", "sweep", "ramp"))
    one = {"gap_us": chance.choice((20, 50, 500, chance.randrange(5, 500)))}
    phase = {"phase_us": chance.randrange(20, 501)}
    if kind in ("steady", "ramp"):
        one |= phase | {
            "rate_pps": chance.choice((1, 4, 50, 150, round(chance.uniform(1, 150), 1)))
        }
    if kind == "ramp":
        one |= {"ramp": "phase", "ramp_up_s": round(chance.uniform(0, 2), 1), "ramp_down_s": 0.2}
        one |= {"on_s": 3, "off_s": chance.choice((0.5, 2))} if chance.random() < 0.5 else {}
    if kind == "burst":
        pulses, inner = chance.randrange(2, 10), chance.choice((50, 100, 150))
        per_s = max(1, round(chance.uniform(1, inner / pulses * 0.95), 1))
        one |= phase | {"burst": {"pulses": pulses, "inner_pps": inner, "per_s": per_s}}
    if kind == "sweep":
        rates, phases = ([chance.randrange(20, most) for _ in "ab"] for most in (150, 300))
        period_s = chance.choice((1, 3, 12))
        one |= {"sweep": {"rate_pps": rates, "phase_us": phases, "period_s": period_s}}
    return one


def _exact(value):
    if isinstance(value, dict):
        return {key: _exact(one) for key, one in value.items()}
    return Fraction(str(value)) if isinstance(value, float) else value


def _waves(chance, written, offset_us):
    """Some seconds of it; the capture begins before the train, or anywhere in it."""
    ends_ns = chance.choice((1, 2, 5, 20)) * 1e9
    begin_ns = chance.choice((50e6, -chance.uniform(0, ends_ns)))
    ns, first = {role: [] for role in files.LEGS}, dict.fromkeys(files.LEGS, 0)
    train = prescribed.program_pulses(_exact({"ramp_up_s": 2, "ramp_down_s": 1, **written}), 3_000)
    for channel in (1, 2):
        for pulse in train:
            start = (pulse.start_us + offset_us * (channel - 1)) * 1_000 + begin_ns
            second = start + (pulse.phase_us + pulse.gap_us) * 1_000
            for role, rise in ((f"CH{channel}_A", start), (f"CH{channel}_B", second)):
                for edge in (rise, rise + pulse.phase_us * 1_000):
                    if edge < 0:
                        first[role] ^= 1
                    elif edge < ends_ns:
                        ns[role].append(edge)
    return files.Waves(ns, first, ends_ns)


def _few(chance, waves):
    """The first few pulses of it."""
    edges = waves.ns["CH1_A"]
    last = min(chance.choice((4, 6, 8, 12, 16, 24)), len(edges) - 1)
    end_ns = min(waves.end_ns, edges[last] + chance.uniform(0, 5e6))
    ns = {role: [one for one in times if one < end_ns] for role, times in waves.ns.items()}
    return files.Waves(ns, waves.first, end_ns)


def _found(path, program, board):
    capture = read.read(path)
    named = pins.name(capture, {}, program, board)
    told = measure.measure(capture, named, program, _CRYSTAL_PPM)
    return verdict.findings(told, _CRYSTAL_PPM)


def _asked(chance, edges_least, few=False):
    """A program that is legal, as it is written and as it is asked, and its waves."""
    while True:
        written = _program(chance)
        whole = {"name": "x", "channels": [1, 2], "minutes": 20, **written}
        try:
            program = prescription.from_toml_dict(rig.document(whole))["programs"][0]
        except Refused:
            continue
        program["offset_us"] = chance.choice((0, 1_000, 2_501))
        waves = _waves(chance, written, program["offset_us"])
        if min(map(len, waves.ns.values())) > edges_least:
            return whole, program, _few(chance, waves) if few else waves


# Sweeps, ramps and bursts of which three to twelve pulses were captured, each was called wrong once
@pytest.mark.parametrize(
    "seed", [1046, 1110, 1204, 1235, 1291, 1304, 1323, 1432, 1535, 1602, 3080, 3313, 3421, 3757]
)
def test_a_few_pulses_that_are_right_are_not_called_wrong(tmp_path, seed):
    chance, board = random.Random(seed), boards.load(boards.DEFAULT)
    whole, program, waves = _asked(chance, 3, few=True)
    ppm, drift = chance.uniform(-90, 90), chance.choice((0, 0.02, -0.05))
    analyser = files.Analyser(chance.choice((*_RATES, 4e6, 8e6)), ppm, drift, chance.random())
    path = tmp_path / "capture.vcd"
    path.write_bytes(files.vcd(analyser, waves, files.LEGS))
    assert not _found(path, program, board), (whole, analyser)


def test_the_top_of_a_ramp_looks_alike_in_both_channels(tmp_path):
    """Each channel is found by itself, one pulse apart: that is no offset of a whole period."""
    chance, board = random.Random(2020), boards.load(boards.DEFAULT)
    whole, program, waves = _asked(chance, 20)
    ppm, drift = chance.uniform(-90, 90), chance.choice((0, 0.02, -0.05))
    analyser = files.Analyser(chance.choice((*_RATES, 4e6, 8e6)), ppm, drift, chance.random())
    path = tmp_path / "capture.vcd"
    path.write_bytes(files.vcd(analyser, waves, files.LEGS))
    assert whole["ramp"] == "phase" and not _found(path, program, board), (whole, analyser)


@pytest.mark.parametrize("longer", range(1, 12))
def test_a_mean_of_few_values_on_two_samples_may_be_a_sample_off(longer):
    """Twelve times of one length, so many of them a sample longer: it is anything in between."""
    error = np.array([0.0] * (12 - longer) + [125.0] * longer)
    unsure = rows.mean_unsure_ps(error, 125.0, 125.0)
    assert unsure >= max(np.mean(error), 125.0 - np.mean(error))


@pytest.mark.parametrize("seed", [0, 3, 9, 12, 15, 17])
def test_two_bursts_are_one_line(seed):
    """The end of a burst, and the next: its pulses lie too near to each other to say what the
    clocks do over a second.
    """
    chance = random.Random(seed)
    inner, grid_ps, ppm = 6_667, 10_000.0, chance.uniform(-60, 60)
    first = seed % 3 + 1
    starts = [inner * (8 - first + k) for k in range(first)] + [
        450_000 + inner * k for k in range(7)
    ]
    wanted = [(one - starts[0]) * 1_000_000 for one in starts]
    phase = chance.random()
    seen = [math.ceil(one * (1 + ppm / 1e6) / grid_ps + phase) * grid_ps for one in wanted]
    found = fit.fit(np.array(wanted), np.array(seen, dtype=np.int64), grid_ps)
    assert np.max(np.abs(found.left_ps)) <= grid_ps
    assert abs(found.ppm - ppm) <= found.unsure_ppm


@pytest.mark.parametrize("seed", range(24))
def test_what_is_right_is_not_called_wrong_and_what_is_late_is_found(tmp_path, seed):
    chance, board = random.Random(seed), boards.load(boards.DEFAULT)
    whole, program, waves = _asked(chance, 20)
    ppm, drift = chance.uniform(-90, 90), chance.choice((0, 0.02, -0.05))
    analyser = files.Analyser(chance.choice(_RATES), ppm, drift, chance.random())
    path = tmp_path / "capture.vcd"
    path.write_bytes(files.vcd(analyser, waves, files.LEGS))
    assert not _found(path, program, board), (whole, analyser)
    # A pulse well inside; the legs of one that the beginning cuts do not begin alike.
    if not any(waves.first.values()):
        late = files.late(waves, 2, [len(waves.ns["CH2_A"]) // 4], _LATE_NS)
        path.write_bytes(files.vcd(analyser, late, files.LEGS))
        sizes = [
            (one.size_ns, one.unsure_ns)
            for one in _found(path, program, board)
            if one.what == "start of pulse k"
        ]
        assert sizes, (whole, analyser)
        assert all(abs(size - _LATE_NS) <= unsure + 0.5 for size, unsure in sizes), sizes
