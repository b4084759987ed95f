"""A device that is on: the firmware's own supervisor on stand-in drivers, its power, its time and
what its journal holds.

`wall_s` is the world's time; the device's own stands still while it is off.
"""

import datetime
import functools
import types

from app import supervisor
from app.device import Device
from app.journal_writer import JournalWriter
from app.link_server import LinkServer
from app.outputs import Outputs
from app.slot_store import SlotStore
from app.supervisor import ROUND_MS, Supervisor
from samples import Flash, board
from supervised import Meter, Recorder, Rig
from whole_device import CLINIC, IDENTITY, Stream

from evenpulse.journal import archive
from stimcore import journal, keyring, monitor, screens
from stimcore.session import Session

# 2026-11-22 12:00 UTC
NOON_S = 1_795_348_800
DAY_S = 86_400
_IDLE_MS = 60_000
# Of a day that passes
_DAY_MS = 600_000
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


class _Unseen:
    """While it is entered, what no record tells costs nothing: a screen that was laid out before,
    and the collecting of memory, which here is all of pytest's.
    """

    def __enter__(self):
        self._plain = screens.block, supervisor.gc
        screens.block, supervisor.gc = _block, self

    def __exit__(self, *_exc):
        screens.block, supervisor.gc = self._plain

    def collect(self):
        pass


_unseen = _Unseen()


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


class PlayedDevice(Rig):
    """A device that is on: `off`, `on` and `sleep` happen to it; `frames()` is its journal."""

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
        # Of the driver, which is made anew
        self.allowed_ua[:] = 0, 0
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
        with _unseen:
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
        return self.run(1_000 * max(0, wall_s - self.wall_s), _DAY_MS)

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
