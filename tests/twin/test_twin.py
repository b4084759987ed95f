"""The twin as a port, behind TCP, over power cycles and resets, with the real firmware; and how
fast it is.
"""

import socket
import threading
import time

import pytest
import rig
from stimcore import link

from evenpulse.base.errors import PortBusy, Problem
from evenpulse.link.client import Device
from evenpulse.link.transport import SocketTransport
from evenpulse.live import serve
from evenpulse.twin import port
from evenpulse.twin.flash_time import flash_takes_time
from evenpulse.twin.states import READY
from evenpulse.twin.twin import Twin


def test_a_device_client_talks_to_it(make_twin):
    with Device(port.TwinPort(make_twin(usb=True))) as device:
        assert device.call("info")["product"] == "evenpulse"


def test_time_outs_are_simulated(make_twin):
    twin = make_twin(usb=True)
    line = port.TwinPort(twin)
    line.write(b"")
    before = twin.now
    assert line.read_line(1.5) is None
    assert twin.now - before == pytest.approx(1.5 * 125e6, abs=125_000)


def test_unplugged_it_is_silent_and_plugged_again_it_answers(make_twin):
    twin = make_twin(usb=True)
    line = port.TwinPort(twin)
    for _ in range(2):
        line.write(link.encode(link.request(1, "info", {})))
        assert b"evenpulse" in line.read_line(2)
        twin.plug(False)
        twin.run_ms(100)
        assert not twin.usb.connected
        twin.plug(True)


def test_flash_survives_a_power_cycle_and_time_begins_anew(make_twin):
    twin = make_twin(usb=False)
    assert twin.run_until_state(READY, 2000)
    first = twin.flash
    twin.power_on(usb=False)
    assert (twin.now, twin.edges, twin.state) == (0, [], 0)
    assert twin.flash == first
    assert twin.run_until_state(READY, 2000)


def test_a_state_folder_keeps_flash(tmp_path, firmware, monkeypatch):
    monkeypatch.setenv("EVENPULSE_FIRMWARE", str(firmware.parent))
    first = port.open_twin(str(tmp_path / "device"))
    first.twin.run_until_state(READY, 2000)
    flash = first.twin.flash
    first.close()
    second = port.open_twin(str(tmp_path / "device"))
    assert second.twin.flash == flash
    second.close()


def test_a_frozen_cpu_is_reset_by_the_watchdog_and_comes_back(make_twin):
    twin = make_twin(usb=False)
    assert twin.run_until_state(READY, 2000)
    twin.freeze()
    frozen = twin.chip.loop.instructions
    twin.run_ms(50)
    assert twin.chip.loop.instructions == frozen
    assert twin.run_until(lambda: twin.chip.resets == 1, 1000)
    assert twin.run_until(
        lambda: twin.states[-1][0] > twin.now - 125_000 and twin.state == READY, 2000
    )
    # REASON: timer
    assert twin.chip.rp2040.watchdog.read_uint32(8) == 1


def test_a_freeze_for_a_while_ends_by_itself(make_twin):
    twin = make_twin(usb=False)
    assert twin.run_until_state(READY, 2000)
    twin.freeze(20)
    twin.run_ms(19.9)
    frozen = twin.chip.loop.instructions
    twin.run_ms(10)
    assert twin.chip.resets == 0 and twin.chip.loop.instructions > frozen


def test_flash_that_has_been_written_lets_the_core_go(make_twin):
    """As the chip itself erases a sector: the core stands for the flash's 45 ms, then goes on."""
    twin, done = _erasing(make_twin)
    twin.run_to(done - 1)
    standing = twin.chip.loop.instructions
    twin.run_to(done + 125_000)
    assert twin.chip.loop.instructions > standing


def test_a_core_that_has_failed_meanwhile_does_not_come_back_when_flash_is_written(make_twin):
    """A fault of the campaign was undone so, and the output was judged to have stayed on."""
    twin, done = _erasing(make_twin)
    twin.freeze()
    standing = twin.chip.loop.instructions
    twin.run_to(done + 125_000)
    assert twin.chip.loop.instructions == standing


_ERASE, _PROGRAM = bytes((0x20, 0x1F, 0xF0, 0x00)), bytes((0x02, 0x1F, 0xF0, 0x00)) + bytes(256)


@pytest.mark.parametrize(
    ("time", "command", "ms"),
    [("1", _ERASE, 45), ("1", _PROGRAM, 0.4), ("worst", _ERASE, 400), ("worst", _PROGRAM, 3)],
)
def test_flash_takes_what_its_datasheet_says(make_twin, monkeypatch, time, command, ms):
    """W25Q16JV, AC characteristics: sector erase and page program, typical and longest."""
    monkeypatch.setenv("EVENPULSE_SILICON_TIME", time)
    twin = make_twin(usb=False)
    ssi = twin.chip.rp2040.ssi
    ssi._write_enabled, ssi._tx_buffer = True, bytearray(command)
    done = twin.now + round(ms * 125_000)
    ssi._apply_command()
    twin.run_to(done - 10)
    assert twin.chip.loop.frozen
    twin.run_to(done + 10)
    assert not twin.chip.loop.frozen


def _erasing(make_twin):
    """A twin that has just begun to erase a sector, and the clock at which it is erased."""
    twin = make_twin(usb=False)
    assert twin.run_until_state(READY, 2000)
    flash_takes_time(twin, erase_ms=45)
    ssi = twin.chip.rp2040.ssi
    ssi._write_enabled, ssi._tx_buffer = True, bytearray((0x20, 0x1F, 0xF0, 0x00))
    ssi._apply_command()
    return twin, twin.now + 45 * 125_000


def test_world_events_happen_at_their_clock(make_twin):
    twin = make_twin(usb=False)
    twin.at(1_000_003, lambda: twin.press("UP", 0.001))
    twin.run_to(2_000_000)
    up = twin.world.gpio("BTN_UP")
    assert [edge for edge in twin.edges if edge[1] == up] == [
        (1_000_003, up, 0),
        (1_000_128, up, 1),
    ]


def test_stop_opens_the_interlock_loop_as_long_as_it_is_held(make_twin):
    twin = make_twin(usb=False)
    line = twin.world.gpio("INTERLOCK_N")
    twin.world.pull_interlock("STOP loop", True)
    twin.press("STOP", 1)
    twin.run_ms(2)
    assert twin.chip.pads.levels[line] == 0
    twin.world.pull_interlock("STOP loop", False)
    assert twin.chip.pads.levels[line] == 1


def test_the_adc_sees_supply_and_current(make_twin):
    """Supply 5000 mV over 2 is 2500 mV: 3102 of 4095 at 3300 mV. Measured by the chip's own
    converter.
    """
    twin = make_twin(usb=False)
    rp2040 = twin.chip.rp2040
    twin.chip.loop.frozen = True
    # A pad that nobody has set up yet pulls down, 50 to 80 kohm against the divider
    for pad in (26, 27, 28):
        rp2040.write_uint32(0x4001C004 + 4 * pad, 0)
    rp2040.write_uint32(0x4004C000, 1 | 4 | 2 << 12)
    twin.run_ms(0.01)
    assert rp2040.read_uint32(0x4004C004) == 3102
    pads = twin.chip.pads
    for role, level in (("CH1_A", 1), ("HV_EN", 1), ("CH1_AMP", 1)):
        pads.switch(twin.world.gpio(role), level)
    rp2040.write_uint32(0x4004C000, 1 | 4)
    twin.run_ms(0.01)
    # 100 mA: 3.0 V
    assert rp2040.read_uint32(0x4004C004) == 3723


@pytest.fixture
def served(firmware):
    """A twin behind TCP in this process; its port."""
    listening, address, thread_stop = threading.Event(), [], Stop()
    thread = threading.Thread(
        target=_serve, args=(Twin(firmware=firmware), address, listening, thread_stop), daemon=True
    )
    thread.start()
    assert listening.wait(20)
    yield address[0]
    thread_stop.wanted = True
    thread.join(20)
    assert not thread.is_alive()


class Stop(Exception):
    wanted = False


def _serve(twin, address, listening, stop):
    def ready(_host, number):
        address.append(number)
        listening.set()

    run_ms = twin.run_ms

    def run_or_stop(milliseconds):
        if stop.wanted:
            raise stop
        run_ms(milliseconds)

    twin.run_ms = run_or_stop
    try:
        serve.serve("127.0.0.1", 0, None, ready, twin)
    except Stop:
        pass


def test_served_over_tcp_it_answers_one_client_after_another(served):
    for _ in range(2):
        with Device(SocketTransport("127.0.0.1", served), 5.0) as device:
            assert device.call("info")["board"] == "nmes2"


def test_a_port_that_is_taken_is_told():
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(PortBusy, match="cannot listen"),
    ):
        serve.serve("127.0.0.1", taken.getsockname()[1])


def test_firmware_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Problem, match="cannot be read"):
        Twin(firmware=tmp_path / "firmware.uf2")
    (tmp_path / "firmware.uf2").write_bytes(b"short")
    with pytest.raises(Problem, match="not a UF2"):
        Twin(firmware=tmp_path / "firmware.uf2")


def test_the_flash_chips_number_is_the_serial(make_twin):
    with Device(port.TwinPort(make_twin(usb=True))) as device:
        assert device.call("info")["serial"] == "e66454494e000001"


def test_therapy_runs_at_least_as_fast_as_the_clock(firmware, monkeypatch):
    """W1: both channels at 50 pps, in CPU time, so that a busy computer does not decide."""
    monkeypatch.setenv("EVENPULSE_FIRMWARE", str(firmware.parent))
    twin = rig.running(rig.prescribed_flash(rig.program(rate_pps=50)), ups=3)
    pulses = len(twin.edges)
    started = time.process_time()
    twin.run_ms(2000)
    spent = time.process_time() - started
    assert len(twin.edges) - pulses >= 2 * 100 * 4
    assert spent <= 2.0, f"{spent:.2f} s for 2 simulated s"


def test_an_idle_second_is_quicker_than_a_second(make_twin):
    twin = make_twin(usb=True)
    assert twin.run_until_state(READY, 2000)
    started = time.process_time()
    twin.run_ms(1000)
    assert time.process_time() - started < 1.0
