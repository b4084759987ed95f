"""A supervisor on stand-in drivers: what tests of its rounds start from. Runs on both VMs."""

from samples import Flash, board, document, program
from whole_device import CLINIC, IDENTITY, signed

from app.device import Device
from app.journal_writer import JournalWriter
from app.outputs import Outputs
from app.prescriptions import Later
from app.slot_store import SlotStore
from app.supervisor import ROUND_MS, Supervisor
from stimcore import journal, keyring, panel, prescription
from stimcore.session import Session

TWO = [program(name="First"), program(name="Second")]

# Of one rig. A test that waits for what never comes ends so, with words.
ROUNDS_MOST = 100_000


class Recorder:
    """Stands in for a driver: remembers the names of the calls in one shared list."""

    def __init__(self, calls, *names):
        for name in names:
            setattr(self, name, lambda *_, name=name: calls.append(name))


class Levels:
    bits = [1, 2, 4, 8, 16]
    pressed = 0
    loop_open = usb_power = short = False

    def read(self):
        pass

    look_for_host = read


class Meter:
    """One channel's samples: `pulses` of `counts` each since the last time, phase B `less`
    lower. And why its machine has no words.
    """

    adc_input = pulses = counts = less = at_us = 0
    fault = ""
    dry = "engine_dry"
    fitted = True
    last = (0, 0)
    begun = 0

    def begin(self):
        self.begun += 1

    def taken(self, into):
        into[0], into[1], into[2] = self.pulses, self.pulses * self.counts, self.pulses * self.less
        self.pulses = 0

    def why_dry(self):
        return self.dry


class Rig:
    """A supervisor with nothing real below it; `calls` is what the drivers were asked, in order."""

    def __init__(self, sectors=8):
        self.calls = calls = []
        self.rounds = 0
        self.flash = Flash(sectors * 4_096)
        self.hal = hal = Recorder(calls)
        hal.guard = Recorder(calls, "arm", "disarm", "reload")
        hal.guard.tripped = lambda: self.tripped
        hal.guard.expired = lambda: self.expired
        hal.guard.let_go = lambda: self.let_go
        hal.guard.trip_us = [0]
        self.tripped = self.expired = self.let_go = False
        hal.engine = Recorder(calls, "prepare", "write_next", "start", "start_on_trigger", "stop")
        hal.engine.round = lambda: self.dry
        hal.engine.started = lambda: True
        # The channel whose machine has no words
        self.dry = 0
        hal.amplitude = Recorder(calls, "follow", "amplitude_off")
        hal.amplitude.off = hal.amplitude.amplitude_off
        self.ua = [0, 0]
        hal.amplitude.set = self._set_amplitude
        hal.amplitude.allow = self._allow_amplitude
        self.allowed_ua = [0, 0]
        self.full_scale_ua = 100_000
        self.shift = [0, 16]
        hal.amplitude.numbers = self._amplitude_numbers
        hal.levels = Levels()
        hal.monitors = Recorder(calls, "watch_legs", "unwatch_legs")
        hal.monitors.arm, hal.monitors.disarm = hal.monitors.watch_legs, hal.monitors.unwatch_legs
        hal.monitors.tripped = lambda: self.leg
        hal.monitors.line_pulls = lambda: self.line_pulls
        self.line_pulls = True
        self.leg = ""
        hal.watch = Recorder(calls, "expect_running")
        hal.watch.take = self._take
        self.not_standing = 0
        hal.watch.wrong = lambda: self.wrong or -1 * self.tripped
        self.wrong = 0
        hal.sensing = Recorder(calls, "measure", "measure_no_more", "wait")
        hal.sensing.start, hal.sensing.stop = hal.sensing.measure, hal.sensing.measure_no_more
        hal.sensing.meters = hal.engine.feeders = self.meters = (Meter(), Meter())
        hal.sensing.supply_mv = lambda places: self.supply_mv
        hal.sensing.temperature_c = lambda places: self.celsius
        hal.sensing.unended = 0
        # How much later channel 2 is, and pulses of either
        self.step = [0, 0, 0]
        hal.sensing.step = self._step
        hal.engine.places = None
        self.in_ram = 41_288
        hal.seal = Recorder(calls)
        hal.seal.in_ram = lambda: self.in_ram
        self.supply_mv, self.celsius = 5_000, 27
        hal.indicators = Recorder(calls, "lights", "beep", "flash")
        hal.display = Recorder(calls)
        hal.display.round = lambda *_: None
        hal.display.show = self._show
        self.shown = ()
        hal.display.busy = hal.display.fitted = True
        self.now_ms = 0
        hal.clock = Recorder(calls)
        hal.clock.now_ms = lambda armed: self.now_ms
        hal.clock.core_ms = lambda: self.core_ms
        hal.clock.jumped = False
        self.core_ms = 0
        hal.clock.sleep_us = lambda us: None
        hal.remember = lambda word: None
        self.flash_writes = hal.flash_writes = [0]
        self.around_erase = hal.around_erase = [None]
        writer = JournalWriter(self.flash)
        while writer.erase_ahead():
            pass
        session = Session()
        rx = prescription.from_toml_dict(document(program(minutes=5, ramp_up_s=0)))
        session.load(rx["programs"], (30_000, 30_000))
        whole = board(CALIBRATION=((0, 0), (0, 0)))
        self.areas = areas = [Flash(8_192) for _ in range(3)]
        SlotStore(areas[0], keyring.MAGIC).save(keyring.text([CLINIC]))
        self.device = Device(
            whole,
            IDENTITY,
            session,
            writer,
            areas,
            SlotStore(Flash(8_192), b"EVCA"),
            lambda *_: None,
        )
        self.supervisor = Supervisor(
            hal, self.device, Outputs(hal, whole), Recorder(calls, "link"), Recorder(calls, "feed")
        )
        self.supervisor._server.round = self.supervisor._server.link
        self.run(50)

    def _step(self, into):
        into[0], into[1], into[2] = self.step

    def _take(self):
        self.calls.append("take")
        return self.not_standing

    def _show(self, rows):
        self.shown = [row[3].strip() for row in rows]
        self.rows = rows

    def offer(self, rx):
        params = signed(rx)
        for _ in (0, 1):
            try:
                self.device.prescriptions.offer(
                    params["rx"], params["key"], params["signature"], params["now_s"]
                )
            except Later:
                pass

    def _amplitude_numbers(self, into, at):
        into[at], into[at + 1] = self.device.board["MAX_UA"], self.full_scale_ua
        for k in (2, 3, 4, 5):
            into[at + k] = 0
        into[at + 6], into[at + 7] = self.allowed_ua
        into[at + 8], into[at + 9] = self.shift

    def _allow_amplitude(self, caps_ua):
        self.allowed_ua[:] = caps_ua

    def _set_amplitude(self, i, ua):
        self.ua[i] = ua

    def run(self, ms):
        self.rounds += ms // ROUND_MS
        assert self.rounds < ROUNDS_MOST, "it waits without end, in " + self.device.session.state
        for _ in range(ms // ROUND_MS):
            self.now_ms += ROUND_MS
            self.core_ms += ROUND_MS
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


def counted(rig, driver, name):
    """How often a driver is asked: a list that grows."""
    asked, plain = [], getattr(driver, name)

    def ask(*arguments):
        asked.append(rig.now_ms)
        return plain(*arguments)

    setattr(driver, name, ask)
    return asked


# --- what flows against what was asked for --------------------------------------------------------

# Of the sample board: 30 mV a mA, 3.3 V are 4095
COUNTS_A_MA = 30_000 * 1_000 * 4_095 // 3_300_000_000


def flowing(ups):
    rig = Rig().running()
    for _ in range(ups):
        rig.press("UP", 50)
        rig.run(250)
    assert rig.ua == [1_000 * ups] * 2
    rig.run(1_000)
    return rig
