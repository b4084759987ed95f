"""Builds the device from its board: every driver and every buffer is made here, once, before
anything can be armed.
"""

from app import selftest
from app.device import Device
from app.journal_writer import JournalWriter
from app.link_server import LinkServer
from app.outputs import Outputs
from app.slot_store import SlotStore
from app.supervisor import Supervisor
from hal import chip, edition
from hal.amplitude import Amplitude
from hal.clock import Clock
from hal.display import Display, NoDisplay
from hal.flash_ring import FlashArea, around_erase, writes
from hal.guard import Guard
from hal.indicators import Indicators
from hal.levels import Levels
from hal.monitors import Monitors
from hal.pins import guarded, of_channels
from hal.pulse_engine import Program, PulseEngine
from hal.rehearsal import Rehearsal
from hal.seal import Seal
from hal.sensing import Sensing
from hal.usb import Usb
from hal.watch import Watch
from stimcore import board_facts, monitor, panel
from stimcore.calibration import corrected_ua
from stimcore.pulse import SETTLE_COUNT
from stimcore.session import Session
from stimcore.states import STATES


class Hal:
    """The drivers of one board."""

    def __init__(self, board):
        pins = board["PINS"]
        program = Program()
        self.guard = Guard(pins, program)
        self.engine = PulseEngine(pins, program, SETTLE_COUNT)
        self.amplitude = Amplitude(
            pins, board["FULL_SCALE_UA"], board["MAX_UA"], corrected_ua, board["CALIBRATION"]
        )
        self.monitors = Monitors(pins)
        full_counts = monitor.counts(board["FULL_SCALE_UA"], board.get("SENSE_NV_PER_UA", 0))
        self.sensing = Sensing(
            pins, board.get("SUPPLY_DIVIDER"), full_counts, self.amplitude, self.guard.cut
        )
        lines = [
            role
            for role in ("INTERLOCK_N", "SHORT_N", "VBUS_SENSE", "SUPPLY_SENSE")
            if role in pins
        ]
        watched = (
            [pins[role][0] for role in guarded(pins) + lines]
            + of_channels(pins, "AMP")
            + of_channels(pins, "SENSE")
        )
        self.watch = Watch(
            watched,
            pins["INTERLOCK_N"][0],
            self.amplitude.latches,
            self.sensing.meters,
            self.engine.feeders,
            self.amplitude.slices,
        )
        self.levels = Levels(pins, panel.BUTTONS)
        self.indicators = Indicators(pins)
        self.display = (
            Display(pins, board["OLED_I2C"], board["OLED_ADDRESS"])
            if "OLED_SDA" in pins
            else NoDisplay()
        )
        self.usb = Usb()
        self.clock = Clock(
            self.amplitude.slices
            + [gpio >> 1 & 7 for gpio in [pins[role][0] for role in ("BUZZER",) if role in pins]]
        )
        self.flash_writes, self.around_erase = writes, around_erase
        self.seal = Seal(board["SEAL_OFFSET"])
        self.rehearsal = Rehearsal(pins, self.guard, self.monitors, self.sensing, self.watch)
        self.remember = chip.remember
        self.bootloader = chip.bootloader


def build(board):
    """(supervisor, device), ready to run. Raises ValueError or Refused for a board that cannot
    be safe.
    """
    board_facts.check(board)
    before = chip.remembered()
    hal = Hal(board)
    journal = JournalWriter(FlashArea(board["JOURNAL_OFFSET"], board["JOURNAL_BYTES"]))
    rx_areas = [
        FlashArea(board[name + "_OFFSET"], board[name + "_BYTES"])
        for name in ("KEYS", "PRESCRIPTION", "COUNTER")
    ]
    calibration_store = SlotStore(
        FlashArea(board["CALIBRATION_OFFSET"], board["CALIBRATION_BYTES"]), b"EVCA"
    )
    identity = dict(
        chip.identity(),
        version=edition.VERSION,
        dev=edition.DEV,
        modules=edition.modules,
        firmware=hal.seal.sha256,
    )
    device = Device(
        board,
        identity,
        Session("OLED_SDA" in board["PINS"]),
        journal,
        rx_areas,
        calibration_store,
        hal.amplitude.calibrate,
    )
    _say_why(device, before)
    outputs = Outputs(hal, board)
    if device.session.breakage.locked:
        device.session.trip("service")
    device.test_with(lambda: selftest.run(hal, device))
    supervisor = Supervisor(
        hal, device, outputs, LinkServer(hal.usb, device, outputs.measured_ua), chip.watchdog()
    )
    hal.watch.stand()
    return supervisor, device


def _say_why(device, before):
    """Journal this boot and its cause; a device that went down while armed comes up in FAULT,
    and says why.
    """
    # Ends: each call counts one sector of AHEAD_SECTORS as ready
    while device.journal.erase_ahead():
        pass
    device.booted(
        chip.reset_cause(), STATES[before & 0xFF] if before & 0xFF < len(STATES) else "BOOT"
    )
