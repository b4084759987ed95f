"""What the device says and what the host takes it for: one table a border, held on the device's
own answers.
"""

import re

import pytest
from fake_device import INFO, STATUS
from played import Played
from played_events import hal_for_selftest

from app import selftest
from stimcore import checks


@pytest.fixture(scope="module")
def device():
    made = Played().prescribe()
    made.device.free_bytes = lambda: 100_000
    return made


def test_found_each_check_that_the_device_makes_is_a_row_of_the_table(device):
    # One of the faults after which most is tested
    device.device.session.latch.reason = "width"
    names = [row.id for row in selftest.run(hal_for_selftest(device), device.device)]
    device.device.session.latch.clear()
    known, made = (
        {row[0] for row in checks.CHECKS},
        {re.sub(r"_ch\d.*", "", name) for name in names},
    )
    assert len(names) == len(set(names)) >= 20
    assert made == known


def test_found_the_fake_device_answers_what_the_device_does(device):
    """The tests' fake device tells no field that the real one does not, and of the same kind."""
    for fake, real in (
        (INFO, device.ask("info")["result"]),
        (STATUS, device.ask("status")["result"]),
    ):
        for name, value in fake.items():
            assert name in real, name
            assert value is None or real[name] is None or type(real[name]) is type(value), name


def test_found_what_the_monitor_reads_is_what_status_has(device):
    from evenpulse.monitor import rows as monitor_log

    status = device.ask("status")["result"]
    for _column, name, kind in monitor_log._SINGLE:
        assert name in status and (status[name] is None or type(status[name]) is kind), name
    assert {"ua", "measured_ua", "contact", "time_s"} <= set(status)
