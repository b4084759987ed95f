"""A monitor on the real firmware: what an electrode takes of a current that runs, and silence
while armed.
"""

import pytest

from evenpulse.bench import under_load
from evenpulse.connect import ports
from evenpulse.monitor import watching
from evenpulse.monitor.rows import row
from evenpulse.twin.port import TwinPort

# bench/device/therapy.py: the link is answered while armed
_LINK = 2
_LOAD_OHM = 60_000.0
# What nmes2's 100 V drive through it
_COMPLIANCE_MA = 100_000 / _LOAD_OHM


class StaysOn(TwinPort):
    """The cable is pulled out, the device stays on."""

    def close(self):
        self.pending = b""


@pytest.fixture(scope="module")
def running():
    """A device in RUNNING at 3 mA, USB plugged in: a board whose USB is isolated."""
    twin, _ = under_load._therapy(50, 100, 50)
    for _ in range(3):
        twin.press("UP", 60)
        twin.run_ms(300)
    twin.run_ms(1_500)
    return twin


@pytest.fixture
def watched(running, monkeypatch):
    port = StaysOn(running)
    monkeypatch.setattr(ports, "open_port", lambda _text: port)
    monkeypatch.setattr(watching, "open_port", lambda _text: port)
    monkeypatch.setattr(watching.time, "sleep", lambda _seconds: None)
    samples = watching.Monitor("twin:", 0.05).samples()
    return running, lambda: next(samples)


def test_the_current_that_flows_and_the_electrode(watched):
    twin, look = watched
    one = row(look())
    assert (one["state"], one["ch1_asked_ma"], one["ch1_electrode"]) == ("RUNNING", 3.0, "good")
    assert one["ch1_measured_ma"] == pytest.approx(3, abs=0.1) and one[
        "ch2_measured_ma"
    ] == pytest.approx(3, abs=0.1)
    twin.world.change_electrode(0, series_ohm=_LOAD_OHM)
    twin.run_ms(1_500)
    one = row(look())
    assert one["ch1_measured_ma"] == pytest.approx(_COMPLIANCE_MA, abs=0.1) and one[
        "ch2_measured_ma"
    ] == pytest.approx(3, abs=0.1)
    twin.world.change_electrode(0, series_ohm=500.0)
    twin.run_ms(1_500)


def test_an_armed_device_that_does_not_answer_is_no_error(watched):
    twin, look = watched
    assert look().event == "status"
    twin.poke(under_load._SCRATCH2, 0)
    gone = look()
    assert (gone.event, look()) == ("silent", None) and "armed" in gone.why
    twin.poke(under_load._SCRATCH2, _LINK)
    back = look()
    assert back.event == "status" and back.gap_s is not None and not back.restarted
