"""A device that a script plays: the firmware's own supervisor, session, journal writer and stores
under CPython, on flash that survives what the script does to it. No record is written by hand. Time
is the script's: hours pass in a moment.

`wall_s` is the world's time; the device's own stands still while it is off.
"""

import contextlib
import datetime
import functools
import importlib
import io
import sys
import types
from unittest import mock

from app import selftest
from app.device import Device
from app.journal_writer import JournalWriter
from app.link_server import LinkServer
from app.outputs import Outputs
from app.slot_store import SlotStore
from app.supervisor import ROUND_MS, Supervisor
from samples import Flash, board
from test_supervisor import Meter, Recorder, Rig
from whole_device import CLINIC, IDENTITY, OTHER, Stream, signed, text

from evenpulse.journal import archive
from stimcore import journal, keyring, link, monitor, panel, screens
from stimcore.session import Session

# 2026-11-22 12:00 UTC
NOON_S = 1_795_348_800
DAY_S = 86_400
_COARSE_MS = 1_000
_IDLE_MS = 60_000
# Between two presses: no hand is quicker for long, and the device takes no quicker one
_HAND_MS = 350
# Rounds while a hand is at it: half of what a press stands for; nothing else happens meanwhile
_HAND_STEP_MS = 50
# As much journal as the boards have
_SECTORS = 256


@functools.cache
def _laid_out(texts, y, height, block=screens.block):
    """The firmware's own layout of a screen, which depends on its texts alone: idle weeks show the
    same few again and again.
    """
    return block(texts, y, height)


def _block(texts, y, height):
    return _laid_out(tuple(texts), y, height)


class _Meter(Meter):
    """Each pulse with the current that it had."""

    summed = 0

    def add(self, pulses, counts):
        self.pulses += pulses
        self.summed += pulses * counts
        self.last = (counts, counts)

    def taken(self, into):
        into[0], into[1], into[2] = self.pulses, self.summed, 0
        self.sent += self.pulses
        self.pulses = self.summed = 0


class Played(Rig):
    """A device that is on. `press`, `session`, `sleep` and the like are what happens to it;
    `frames()` is its journal.
    """

    def __init__(self, serial="E66", wall_s=NOON_S, trusted=(CLINIC,), sectors=_SECTORS, **facts):
        self.wall_s, self._rate_mpps, self._number = wall_s, {}, 0
        super().__init__(sectors=8)
        self.serial, self.wall_s = serial, wall_s
        self.hal.sensing.meters = self.hal.engine.feeders = self.meters = (_Meter(), _Meter())
        self.board = board(**{"CALIBRATION": ((0, 0), (0, 0)), **facts})
        self.flash, self.calibration_flash = Flash(sectors * 4_096), Flash(8_192)
        self.areas = [Flash(8_192) for _ in range(3)]
        for _ in (0, 1):
            SlotStore(self.areas[0], keyring.MAGIC).save(keyring.text(trusted))
        self.hal.engine.start = self._started
        self.hal.amplitude.off = lambda: self.ua.__setitem__(slice(None), [0, 0])
        self.hal.remember = lambda word: None
        self.hal.bootloader = lambda: None
        self.on("power", "BOOT")

    # --- power -----------------------------------------------------------------------------------

    def on(self, cause="power", before="BOOT"):
        """Power comes, or the chip starts again: what build() does, without the chip."""
        self.now_ms = 0
        self.tripped = self.expired = False
        writer = JournalWriter(self.flash)
        while writer.erase_ahead():
            pass
        session = Session()
        self.device = Device(
            self.board,
            {**IDENTITY, "serial": self.serial},
            session,
            writer,
            self.areas,
            SlotStore(self.calibration_flash, b"EVCA"),
            lambda *_: None,
        )
        self.device.booted(cause, before)
        self.stream = Stream()
        self.server = LinkServer(self.stream, self.device, lambda: [None, None])
        self.supervisor = Supervisor(
            self.hal,
            self.device,
            Outputs(self.hal, self.board),
            Recorder(self.calls, "link"),
            Recorder(self.calls, "feed"),
        )
        self.supervisor._server.round = self.supervisor._server.link
        self.run(100)
        return self

    def off(self, for_s=0):
        """Power goes, in the middle of whatever there is, for so long. The device's clock stands
        still meanwhile.
        """
        self.hal.levels.pressed = 0
        self.wall_s += for_s
        return self

    def reset(self, cause):
        """The chip starts again with its state kept, as after a watchdog."""
        return self.on(cause, self.device.session.state)

    # --- time ------------------------------------------------------------------------------------

    def run(self, ms, step_ms=ROUND_MS):
        """Rounds until `ms` have passed, the last one shorter if need be."""
        with mock.patch.object(screens, "block", _block):
            while ms > 0:
                took_ms = min(step_ms, ms)
                ms -= took_ms
                self._round(took_ms)
        return self

    def _round(self, took_ms):
        before_s = self.now_ms // 1_000
        self.now_ms += took_ms
        self.wall_s += self.now_ms // 1_000 - before_s
        self._pulse(took_ms)
        self.supervisor.round()
        del self.calls[:]

    def sleep(self, seconds):
        """Powered and left alone."""
        return self.run(1_000 * seconds, _IDLE_MS)

    def until(self, wall_s):
        """Powered and left alone until that moment of the world's time."""
        return self.sleep(max(0, wall_s - self.wall_s))

    def _started(self, prepared):
        for meter in self.meters:
            meter.sent = meter.pulses = meter.summed = 0
        program = self.device.session.program
        self._rate_mpps = dict.fromkeys(program["channels"], program["rate_mpps"])
        self._left = dict.fromkeys(self._rate_mpps, 0)

    def _pulse(self, ms):
        """What the pads and meters see while the trains run."""
        if not self.device.session.pulsing or not self.supervisor._outputs.pulsing:
            return
        for channel, rate in self._rate_mpps.items():
            self._left[channel] += rate * ms
            counts = monitor.counts(self.ua[channel - 1], self.board["SENSE_NV_PER_UA"])
            self.meters[channel - 1].add(self._left[channel] // 1_000_000, counts)
            self._left[channel] %= 1_000_000

    # --- hands -----------------------------------------------------------------------------------

    def press(self, name, ms=100):
        self.hal.levels.pressed = 1 << panel.BUTTONS.index(name)
        self.run(ms, _HAND_STEP_MS)
        self.hal.levels.pressed = 0
        return self.run(_HAND_MS, _HAND_STEP_MS)

    def hold(self, name):
        return self.press(name, 1_200)

    def answer(self, wanted):
        """Answer the question that stands; None leaves it out."""
        rating = self.device.session.rating
        if wanted is None:
            return self.press("SELECT")
        asked = rating.asking
        for name in [("UP" if wanted else "DOWN")] * 12:
            if rating.value is not wanted and rating.value != wanted:
                self.press(name)
        assert (rating.asking, rating.value) == (asked, wanted), (
            asked,
            rating.asking,
            rating.value,
        )
        return self.press("START")

    def begin(self, ma=(12, 10), before=None, program=None):
        """START held; pain before if given; the currents raised, a mA a press."""
        session = self.device.session
        while program and session.program["name"] != program:
            self.press("SELECT")
        if before is not None:
            self.press("UP")
            self.answer(before)
        self.hold("START")
        self.run(500)
        assert session.state == "RUNNING", (
            session.state,
            session.hint,
            session.wait_s,
            session.latch.reason,
        )
        if len(session.program["channels"]) == 2:
            self.raise_to((ma[0], ma[1]))
        else:
            for _ in range(ma[session.program["channels"][0] - 1]):
                self.press("UP")
        return self

    def raise_to(self, ma):
        """Both channels together to the lower of the two, then the other one alone."""
        session = self.device.session
        for _ in range(min(ma)):
            self.press("UP")
        if ma[0] != ma[1]:
            higher = 1 if ma[0] > ma[1] else 2
            while session.channel != higher:
                self.press("SELECT")
            for _ in range(abs(ma[0] - ma[1])):
                self.press("UP")
        assert session.set_ua == [1_000 * one for one in ma], session.set_ua

    def session(self, ma=(12, 10), before=None, after=None, skin=None, rated=True, program=None):
        """A whole session and the questions after it. `rated` False: nobody answers, and the
        questions go away.
        """
        self.begin(ma, before, program)
        while self.device.session.state == "RUNNING":
            self.run(_COARSE_MS, _COARSE_MS)
        assert self.device.session.state == "ENDED", self.device.session.latch.reason
        return self.rate(after, skin) if rated else self.run(130_000, _COARSE_MS)

    def rate(self, after=None, skin=None):
        """The questions in ENDED, one after another; what stands there is asked for by name."""
        rating = self.device.session.rating
        for _ in range(4):
            if rating.asking:
                self.answer({"after": after, "skin": skin}[rating.asking])
        self.run(200)
        assert self.device.session.state == "READY"
        return self

    def end_early(self):
        """DOWN, which unlocks, then SELECT held twice: the device asks whether it is meant."""
        return self.press("DOWN").hold("SELECT").hold("SELECT").run(3_000)

    def fault(self, reason, channel=1):
        """A running session is cut by what its meter, its loop or STOP says; then a person
        leaves the fault.
        """
        if reason == "stop_pressed":
            self.press("STOP")
        else:
            self.meters[channel - 1].fault = reason
            self.tripped = True
            self.run(50)
        assert self.device.session.latch.reason == reason
        return self

    def rearm(self):
        self.tripped = False
        for meter in self.meters:
            meter.fault = ""
        self.hold("START")
        assert self.device.session.state == "READY"
        return self

    # --- the clinic ------------------------------------------------------------------------------

    def offer(self, *programs, **changes):
        """A prescription over the link; the answer."""
        rx = text(*programs, **changes)
        return self.ask("configure", **signed(rx, now_s=self.wall_s))

    def ask(self, method, **params):
        """A host's question, and the device's answer."""
        self._number += 1
        self.stream.incoming.extend(link.encode(link.request(self._number, method, params)))
        del self.stream.sent[:]
        while self.server.round() or self.stream.incoming:
            pass
        return link.decode(self.stream.sent[0])

    def prescribe(self, *programs, **changes):
        """Offered, and accepted by whoever holds SELECT."""
        answer = self.offer(*programs, **changes)
        assert "result" in answer, answer
        self.run(100)
        self.hold("SELECT")
        assert self.device.prescriptions.told()["state"] == "accepted"
        return self.run(200)

    # --- what it has written ---------------------------------------------------------------------

    def frames(self):
        """Raw records in order."""
        return [record.frame for record in journal.read_ring(self.flash.read, self.flash.size)]

    def payloads(self):
        return [journal.parse(raw)[2] for raw in self.frames()]

    def image(self):
        """The whole ring."""
        return b"".join(self.flash.read(at, 4_096) for at in range(0, self.flash.size, 4_096))

    def archive(self, folder):
        """Its journal as `log pull` keeps it, with the note of when that was."""
        folder.mkdir(exist_ok=True)
        file = folder / f"{self.serial}.journal"
        frames = self.frames()
        file.write_bytes(b"".join(frames))
        pulled = types.SimpleNamespace(info={"board": "nmes2", "version": IDENTITY["version"]})
        archive._note_pull(
            file, pulled, datetime.datetime.fromtimestamp(self.wall_s, datetime.UTC), frames
        )
        return file


def chained(device):
    """Its records as a fake device serves them: (number, frame)."""
    return [(journal.parse(raw)[0], raw) for raw in device.frames()]


# --- each event of the table, played --------------------------------------------------------------


def _clock_jumped(device):
    device.wall_s += 3 * DAY_S
    device.prescribe(id="rx-0002", counter=2)


def _expired(device):
    device.prescribe(id="rx-0002", counter=2, expires="2026-11-22").sleep(DAY_S)


def _serviced(device):
    """Broken twice within the hour, locked, and then service mode."""
    for _ in (0, 1):
        device.begin((6, 6)).run(3_000).fault("over_current")
        device.device.test_with(lambda: selftest.run(_hal_for_selftest(device), device.device))
        if not device.device.session.breakage.locked:
            device.rearm()
    device.off()
    _service_keys(device).entered()
    device.on()


def _stuck(device):
    device.hal.levels.pressed = 1 << panel.BUTTONS.index("UP")
    device.run(11_000)
    device.hal.levels.pressed = 0
    device.run(100)


def _failed_test(device):
    """The device's own self-test, on a board whose pins do not stay low."""
    device.device.test_with(
        lambda: selftest.run(_hal_for_selftest(device, high_outputs=1), device.device)
    )


def _hal_for_selftest(device, **measured):
    """What the checks measure: sound, but for what is named."""
    hal = types.SimpleNamespace()
    values = {
        "high_outputs": 0,
        "missing_pulls": 0,
        "line": 1,
        "short_line": 1,
        "short_pulls": 0,
        "legs_follow": 0,
        "registers": 0,
        "guard_us": 10,
        **measured,
    }
    hal.rehearsal = types.SimpleNamespace(
        **{name: (lambda value=value: value) for name, value in values.items()}
    )
    hal.rehearsal.deadman_us = lambda count: 3_000
    hal.rehearsal.sense_against_pull = lambda adc_input, places: 63
    hal.rehearsal.monitor_us = lambda index, words: 100
    hal.rehearsal.samples = lambda channel, words, counts: 2
    hal.engine = types.SimpleNamespace(prepare=lambda: None, places=None)
    hal.clock = types.SimpleNamespace(hz=lambda: 125_000_000)
    hal.monitors = types.SimpleNamespace(roles=("CH1_A", "CH1_B", "CH2_A", "CH2_B"))
    meters = [types.SimpleNamespace(adc_input=n, fitted=True) for n in (0, 1)]
    hal.sensing = types.SimpleNamespace(
        meters=meters, counts=lambda *_: 2, supply_mv=lambda _: 5_000, temperature_c=lambda _: 27
    )
    hal.amplitude = types.SimpleNamespace(reads_back=lambda: 0, follows=lambda: 0)
    hal.seal = types.SimpleNamespace(holds=lambda: True, in_ram=lambda: 40_000)
    device.device.free_bytes = lambda: 150_000
    return hal


def _spoilt(flash):
    """A bit of each sector in use rots."""
    for number in list(flash.sectors):
        for at in (12, 40):
            flash.poke(4_096 * number + at, flash.read(4_096 * number + at, 1)[0] ^ 0x10)


def _bad_keys(device):
    _spoilt(device.areas[0])
    device.off().on()


def _bad_prescription(device):
    """Another clinic's keys are on it than those that signed what it holds."""
    for _ in (0, 1):
        SlotStore(device.areas[0], keyring.MAGIC).save(keyring.text((OTHER,)))
    device.off().on()


def _calibrated(device):
    device.ask("calibrate", channel=2, gain_permyriad=-25, offset_ua=40)
    device.run(100)
    device.hold("SELECT")


def _bad_calibration(device):
    _calibrated(device)
    _spoilt(device.calibration_flash)
    device.off().on()


def _key_removed(device):
    """The service keys' own code, on this device's flash."""
    service_keys = _service_keys(device)
    # Its answer to the host
    with contextlib.redirect_stdout(io.StringIO()):
        service_keys.remove(keyring.ids([CLINIC])[0])
    device.off().on()


def _service_keys(device):
    """app.service_keys as it runs in service mode: its chip is this device's flash."""
    areas = {"keys": device.areas[0], "journal": device.flash}
    stand_ins = {
        "board": types.SimpleNamespace(
            KEYS_OFFSET="keys", KEYS_BYTES=0, JOURNAL_OFFSET="journal", JOURNAL_BYTES=0
        ),
        "hal.service": types.SimpleNamespace(active=lambda: True),
        "hal.flash_ring": types.SimpleNamespace(FlashArea=lambda offset, size: areas[offset]),
    }
    hal = types.ModuleType("hal")
    hal.service, hal.flash_ring = stand_ins["hal.service"], stand_ins["hal.flash_ring"]
    with mock.patch.dict(sys.modules, {**stand_ins, "hal": hal}):
        sys.modules.pop("app.service_keys", None)
        return importlib.import_module("app.service_keys")


def _updated(device):
    device.ask("update", board="sample", version="0.9.9", sha256="ab" * 32)
    device.hold("SELECT")


def _host_run(device):
    device.board["OUTPUT_STAGE"] = False
    device.off().on()
    device.ask("run", rx=text(), program=1, ua=[1_000, 1_000])
    device.run(300)


def _crashed(device):
    """What main.py does with an exception in therapy."""
    device.begin((2, 2)).run(2_000)
    device.device.crashed(ValueError("planted"))
    device.reset("watchdog")


# Event: how a device comes to write it. Every one begins with a device that has a prescription.
EVENTS = {
    "boot": lambda device: device.session((2, 2)).off().on(),
    "prescription": lambda device: device.prescribe(id="rx-0002", counter=2),
    "clock": _clock_jumped,
    "expired": _expired,
    "service": _serviced,
    "prescription_bad": _bad_prescription,
    "keys_bad": _bad_keys,
    "refused": lambda device: device.offer(counter=1, id="rx-0000"),
    "denied": lambda device: device.ask("update", board="other", version="0.9.9", sha256="ab" * 32),
    "key": _key_removed,
    "start": lambda device: device.begin((3, 2)),
    "amplitude": lambda device: device.begin((7, 5)).run(3_000),
    "progress": lambda device: device.begin((3, 2)).run(330_000, _COARSE_MS).off().on(),
    "pause": lambda device: (
        device.begin((3, 2)).run(60_000, _COARSE_MS).press("DOWN").press("START").run(2_000)
    ),
    "resume": lambda device: EVENTS["pause"](device).hold("START").run(30_000, _COARSE_MS),
    "end": lambda device: device.session((6, 6)),
    "fault": lambda device: device.begin((3, 2)).run(60_000, _COARSE_MS).fault("lead_off"),
    "rearm": lambda device: EVENTS["fault"](device).rearm(),
    "rating": lambda device: device.session((6, 6), before=7, after=4, skin=False),
    "wait": lambda device: device.session((6, 6), after=2, skin=True).sleep(900),
    "button_stuck": _stuck,
    "self_test": _failed_test,
    "calibration": _calibrated,
    "calibration_bad": _bad_calibration,
    "update": _updated,
    "host_run": _host_run,
    "exception": _crashed,
}
