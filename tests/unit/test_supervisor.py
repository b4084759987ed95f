"""The supervisor's round on stand-in drivers: what follows the session, what reloads the dead-man, what reaches the journal."""

import pytest
from samples import Flash, board, document, program

from app.device import Device
from app.journal_writer import JournalWriter
from app.outputs import Outputs
from app.slot_store import SlotStore
from app.supervisor import ROUND_MS, Supervisor
from stimcore import journal, panel, prescription
from stimcore.session import Session


class Recorder:
    """Stands in for a driver: remembers the names of the calls in one shared list."""

    def __init__(self, calls, *names):
        for name in names:
            setattr(self, name, lambda *_, name=name: calls.append(name))


class Levels:
    bits = [1, 2, 4, 8, 16]
    pressed = 0
    loop_open = usb_power = False

    def read(self):
        pass


class Feeder:
    sent = 0

    def emitted(self):
        return 0


class Rig:
    """A supervisor with nothing real below it; `calls` is what the drivers were asked, in order."""

    def __init__(self, sectors=8):
        self.calls = calls = []
        self.flash = Flash(sectors * 4_096)
        self.hal = hal = Recorder(calls)
        hal.guard = Recorder(calls, "arm", "disarm", "reload")
        hal.guard.tripped = hal.guard.expired = lambda: self.tripped
        self.tripped = False
        hal.engine = Recorder(calls, "prepare", "start", "start_on_trigger", "stop")
        hal.engine.round = lambda: not self.dry
        hal.engine.started = lambda: True
        hal.engine.feeders = (Feeder(), Feeder())
        self.dry = False
        hal.amplitude = Recorder(calls, "follow", "amplitude_off")
        hal.amplitude.off = hal.amplitude.amplitude_off
        self.ua = [0, 0]
        hal.amplitude.set = self._set_amplitude
        hal.levels = Levels()
        hal.sensing = Recorder(calls)
        hal.sensing.supply_mv = lambda: self.supply_mv
        self.supply_mv = 5_000
        hal.indicators = Recorder(calls, "lights", "beep")
        hal.display = Recorder(calls)
        hal.display.show = lambda rows: setattr(self, "rows", rows)
        hal.display.round = lambda: None
        hal.display.busy = True
        self.now_ms = 0
        hal.clock = Recorder(calls)
        hal.clock.now_ms = lambda: self.now_ms
        hal.remember = lambda word: None
        writer = JournalWriter(self.flash)
        while writer.erase_ahead():
            pass
        session = Session()
        rx = prescription.from_toml_dict(document(program(minutes=5, ramp_up_s=0)))
        session.load(rx["programs"], (30_000, 30_000))
        whole = board(CALIBRATION=((0, 0), (0, 0)))
        self.device = Device(whole, {"serial": "s"}, session, writer, SlotStore(Flash(8_192), b"EVRX"), SlotStore(Flash(8_192), b"EVCA"),
                             lambda *_: None)
        self.supervisor = Supervisor(hal, self.device, Outputs(hal), Recorder(calls, "link"), Recorder(calls, "feed"))
        self.supervisor._server.round = self.supervisor._server.link
        self.run(50)

    def _set_amplitude(self, i, ua):
        self.ua[i] = ua

    def run(self, ms):
        for _ in range(ms // ROUND_MS):
            self.now_ms += ROUND_MS
            self.supervisor.round()

    def press(self, name, ms):
        self.hal.levels.pressed = 1 << panel.BUTTONS.index(name)
        self.run(ms)
        self.hal.levels.pressed = 0
        self.run(50)

    def running(self):
        self.press("START", 1_200)
        self.run(200)
        assert self.device.session.state == "RUNNING"
        return self

    def events(self):
        return [r.payload["e"] for r in journal.read_ring(self.flash.read, self.flash.size)]


def test_arming_goes_in_order_and_starts_at_zero():
    rig = Rig().running()
    interesting = [c for c in rig.calls if c in ("amplitude_off", "prepare", "arm", "follow", "start")]
    assert interesting == ["amplitude_off", "prepare", "arm", "follow", "start"] and rig.ua == [0, 0]


def test_dead_man_and_watchdog_are_fed_once_a_round_and_last():
    rig = Rig().running()
    del rig.calls[:]
    rig.run(100)
    assert rig.calls.count("reload") == rig.calls.count("feed") == 10 and rig.calls[-2:] == ["reload", "feed"]


def test_the_dead_man_is_not_reloaded_once_the_output_is_off():
    rig = Rig().running()
    rig.hal.levels.loop_open = True
    rig.run(10)
    del rig.calls[:]
    rig.run(100)
    assert "reload" not in rig.calls and rig.calls.count("feed") == 10


@pytest.mark.parametrize("what", ["loop", "guard", "usb", "dry", "supply"])
def test_each_fault_switches_everything_off_in_its_round(what):
    rig = Rig().running()
    rig.press("UP", 50)
    rig.run(200)
    assert rig.ua == [1_000, 1_000]
    del rig.calls[:]
    if what == "loop":
        rig.hal.levels.loop_open = True
    elif what == "guard":
        rig.tripped = True
    elif what == "usb":
        rig.hal.levels.usb_power = True
    elif what == "dry":
        rig.dry = True
    else:
        rig.supply_mv = 3_000
    rig.run(200)
    assert rig.device.session.state == "FAULT" and "fault" in rig.events()
    off = [c for c in rig.calls if c in ("amplitude_off", "disarm", "stop")]
    assert off[:3] == ["amplitude_off", "disarm", "stop"]


def test_the_link_is_served_with_usb_and_never_while_armed():
    rig = Rig().running()
    assert "link" not in rig.calls
    rig = Rig()
    rig.hal.levels.usb_power = True
    rig.run(50)
    assert "link" in rig.calls


def test_a_handful_of_presses_is_one_amplitude_record():
    rig = Rig().running()
    for _ in range(5):
        rig.press("UP", 50)
    rig.run(3_000)
    assert rig.events().count("amplitude") == 1
    last = list(journal.read_ring(rig.flash.read, rig.flash.size))[-1].payload
    assert last["ua"] == [5_000, 5_000]


def test_a_full_journal_ends_the_session_safely_and_overwrites_nothing():
    rig = Rig().running()
    for length in (400, 1):  # to the last byte
        while rig.device.journal.append({"e": "x" * length}):
            pass
    before, erased = rig.flash.image(), len(rig.flash.erased)
    rig.press("UP", 50)
    while rig.device.session.state == "RUNNING":
        assert rig.now_ms < 10_000 and rig.flash.image() == before
        rig.run(ROUND_MS)  # the amplitude record will find no erased space
    assert rig.device.session.state == "FAULT" and rig.device.session.latch.reason == "journal_full"
    assert rig.flash.image() == before and len(rig.flash.erased) == erased
    rig.run(ROUND_MS)
    assert "disarm" in rig.calls


def test_sectors_are_erased_only_while_disarmed():
    rig = Rig().running()
    erased = len(rig.flash.erased)
    for _ in range(40):
        rig.press("UP", 50)
        rig.run(2_200)
        del rig.calls[:]  # the list would outgrow the device's heap
    assert len(rig.flash.erased) == erased


def test_a_stuck_button_is_journaled_once_shown_and_ignored():
    rig = Rig()
    rig.press("UP", 11_000)
    assert rig.events().count("button_stuck") == 1
    rig.hal.levels.pressed = 1 << panel.BUTTONS.index("SELECT")
    rig.run(12_000)
    assert rig.device.session.stuck == "SELECT" and "SELECT is stuck" in [row[3].strip() for row in rig.rows]
    rig.hal.levels.pressed |= 1 << panel.BUTTONS.index("START")
    rig.run(1_200)
    assert rig.device.session.armed  # the others work
    rig.hal.levels.pressed = 0
    rig.run(100)
    assert rig.device.session.stuck == ""


def test_start_down_since_power_on_never_arms():
    rig = Rig()
    rig.hal.levels.pressed = 1
    rig.supervisor = Supervisor(rig.hal, rig.device, Outputs(rig.hal), rig.supervisor._server, Recorder(rig.calls, "feed"))
    rig.run(15_000)
    assert rig.device.session.state == "READY" and "arm" not in rig.calls and rig.device.session.stuck == "START"


def test_start_pressed_to_pause_and_held_on_does_not_resume():
    rig = Rig()
    rig.device.session.program["ramp_down_ms"] = 0
    rig.running()
    rig.press("START", 3_000)
    assert rig.device.session.state == "PAUSED"


def test_a_session_survives_in_the_journal_of_a_device_that_is_built_again():
    """Power goes 25 s into a session: the same flash, another device."""
    rig = Rig().running()
    for _ in range(5):
        rig.run(5_000)
        del rig.calls[:]  # the list would outgrow the device's heap
    before = rig.device
    device = Device(before.board, {"serial": "s"}, Session(), JournalWriter(rig.flash), before.rx_store, SlotStore(Flash(8_192), b"EVCA"),
                    lambda *_: None)
    device.session.load(before.session.programs, before.session.caps_ua)
    now_s = device.time.now_s(0)
    assert len(device.session.dose.sessions) == 1 and device.session.dose.left_s(now_s, 0) == 300 - 40 - 2
    assert now_s <= before.time.now_s(before.now_ms)
