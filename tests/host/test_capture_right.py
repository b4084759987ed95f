"""What is right is never called wrong: sessions of the real firmware, as analysers see them."""

import json

import capture_files as files
import pytest
import rig
from capture_files import Analyser
from captures_of import OFFSET_US, toml

RATES = (24e6, 100e6, 500e6)
# Name: program as the prescription has it, ms to play. The sweep goes on past its far end.
PROGRAMS = {
    "pain-conventional": ({"preset": "pain-conventional"}, 600),
    "pain-lowrate": ({"preset": "pain-lowrate"}, 1_300),
    "pain-burst": ({"preset": "pain-burst"}, 1_700),
    "pain-modulated": ({"preset": "pain-modulated"}, 7_000),
    "strength": ({"preset": "strength"}, 600),
    "retrain": ({"preset": "retrain"}, 1_000),
    "phase ramp": (
        {"phase_us": 300, "gap_us": 100, "rate_pps": 75.5, "ramp": "phase", "ramp_up_s": 0.5,
         "ramp_down_s": 0.2, "on_s": 1, "off_s": 0.5}, 2_200,
    ),
    "doublets": (
        {"phase_us": 20, "gap_us": 20, "burst": {"pulses": 2, "inner_pps": 150, "per_s": 12.5}},
        900,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def flash():
    return rig.prescribed_flash(
        *[
            {"name": name, "channels": [1, 2], "offset_us": OFFSET_US, "minutes": 20, **program}
            for name, (program, _) in PROGRAMS.items()
        ]
    )


@pytest.fixture(scope="module")
def waves(flash):
    """{program: its waves}, each from one session."""
    played = {}
    for number, (name, (_, ms)) in enumerate(PROGRAMS.items()):
        twin = rig.running(flash, select=number)
        twin.run_ms(ms)
        played[name] = files.from_start(twin)
    return played


@pytest.fixture
def verify(run, tmp_path):
    """Hold waves against a program through an analyser; (exit code, what --json says, stderr)."""

    def _verify(waves, program, analyser, *options, kind="vcd", names=None):
        rx = tmp_path / "rx.toml"
        rx.write_text(toml({"offset_us": OFFSET_US, **program}))
        path = files.write(tmp_path, kind, analyser, waves, names)
        done = run("verify", rx, path, "--json", *options)
        return done.code, json.loads(done.out) if done.out else {}, done.err

    return _verify


@pytest.mark.parametrize("hz", RATES)
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_is_as_prescribed(waves, verify, name, hz):
    for analyser in (
        Analyser(hz),
        Analyser(hz, ppm=-48, phase=0.91),
        Analyser(hz, ppm=0, phase=0.003),
        Analyser(hz, ppm=30, drift_ppm_per_s=0.1),
    ):
        code, told, err = verify(waves[name], PROGRAMS[name][0], analyser)
        assert not told["findings"] and code == 0, (analyser, err)
        for clock in told["clocks"].values():
            unsure = clock["unsure_ppm"] + 0.001
            if not analyser.drift_ppm_per_s:
                assert abs(clock["ppm"] - analyser.ppm) <= unsure
            assert clock["least_ppm"] - unsure <= analyser.ppm_at(0.05) + clock["drift_unsure_ppm"]
