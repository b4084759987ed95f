"""A host runs a program on a bench board: what it may ask for, and that it must keep saying that
it is there.
"""

import json

import pytest
from whole_device import IDENTITY
from samples import Flash, board, document, program

# isort: split
from app.device import Device
from app.journal_writer import JournalWriter
from app.slot_store import SlotStore
from stimcore import prescription
from stimcore.errors import Refused
from stimcore.inputs import Inputs
from stimcore.session import Session

# README: a host that is silent for longer is cut off
ALIVE_MS = 100


class Bench:
    """A device without an output stage, its session stepped by hand; `calls` the host makes are
    `run`'s.
    """

    def __init__(self):
        writer = JournalWriter(Flash(8 * 4_096))
        while writer.erase_ahead():
            pass
        own = board(OUTPUT_STAGE=False, CALIBRATION=((0, 0), (0, 0)))
        areas = [Flash(8_192) for _ in range(3)]
        self.device = Device(
            own,
            IDENTITY,
            Session(),
            writer,
            areas,
            SlotStore(Flash(8_192), b"EVCA"),
            lambda *_: None,
        )
        self.inputs = Inputs()
        self.run = self.device.host_run
        self.rounds(5)

    def rounds(self, count, alive=False):
        for _ in range(count):
            self.device.now_ms += 10
            if alive:
                self.run.keep_alive()
            self.device.session.step(self.device.now_ms, self.inputs)
            self.run.round(self.inputs)

    def begin(self, ua=(1_000, 1_000), rx=None, **changes):
        rx = rx or prescription.from_toml_dict(document(program(minutes=5, ramp_up_s=0, **changes)))
        self.run.begin({"rx": json.dumps(rx), "program": 1, "ua": list(ua)})
        return self

    def state(self):
        return self.device.session.state


def running():
    bench = Bench().begin()
    bench.rounds(60, alive=True)
    assert bench.state() == "RUNNING" and list(bench.device.session.set_ua) == [1_000, 1_000]
    return bench


def test_it_climbs_to_what_was_asked_and_no_further():
    bench = running()
    bench.rounds(200, alive=True)
    assert bench.state() == "RUNNING" and list(bench.device.session.set_ua) == [1_000, 1_000]
    assert bench.inputs.pressed == bench.inputs.held == ""


def test_a_silent_host_is_cut_off_within_100_ms():
    bench = running()
    bench.rounds(7)
    assert bench.run.active
    bench.rounds((ALIVE_MS - 70) // 10)
    assert (
        not bench.run.active and bench.run.why == "keep_alive" and not bench.device.session.pulsing
    )


def test_a_host_that_speaks_every_50_ms_is_not():
    bench = running()
    for _ in range(20):
        bench.rounds(4)
        bench.rounds(1, alive=True)
    assert bench.run.active and bench.state() == "RUNNING"


def test_stop_ends_it_in_the_next_round():
    bench = running()
    bench.run.stop()
    bench.rounds(1, alive=True)
    assert not bench.run.active and bench.run.why == "host" and not bench.device.session.pulsing


@pytest.mark.parametrize(
    "row",
    [
        ("ch1_ua", (31_000, 0), {}),
        ("ch2_ua", (0, 31_000), {}),
        ("ch2_ua", (0, 1_000), {"channels": [1]}),
        ("ch1_ua", (-1_000, 0), {}),
        ("ch1_ua", (1_500, 0), {}),
        ("ch1_ua", (True, 0), {}),
    ],
)
def test_a_current_outside_the_caps_starts_nothing(row):
    field, ua, changes = row
    bench = Bench()
    with pytest.raises(Refused) as no:
        bench.begin(ua, **changes)
    assert (
        no.value.field == field and not bench.run.active and bench.device.session.pulsing is False
    )


def test_a_program_outside_the_limits_starts_nothing():
    rx = prescription.from_toml_dict(document(program(minutes=5)))
    rx["programs"][0]["phase_us"] = 501
    bench = Bench()
    with pytest.raises(Refused) as no:
        bench.begin(rx=rx)
    assert no.value.field == "program[1].phase_us" and not bench.run.active
