"""What several unit tests start from: a legal prescription, a board, and a flash that can lose
power. Runs on both VMs.
"""

from binascii import crc32

# First what nests deepest: the Unix port's stack is short of one compilation inside another.
import stimcore.texts
import stimcore.screens  # noqa: F401
from app.journal_writer import JournalWriter
from stimcore import journal, prescription, records

_payload = records.payload


def _checked(*parts):
    """Every record that a unit test makes the device write is one of the table."""
    told = _payload(*parts)
    wrong = records.misfit(told)
    assert not wrong, "%s of %s is not as stimcore/records.py says" % (wrong, told)
    return told


records.payload = _checked

BOARD = {
    "NAME": "sample",
    "CHANNELS": 2,
    "MAX_UA": 100_000,
    "DEAD_TIME_US": 5,
    "SINGLE_CURRENT_SOURCE": False,
    "SMALLEST_ELECTRODE_MM2": 1_600,
    "USB_ISOLATED": False,
    "SUPPLY_MIN_MV": 4_300,
    "SUPPLY_MAX_MV": 5_600,
    "SENSE_NV_PER_UA": 30_000,
    "SUPPLY_DIVIDER": 2,
    "OUTPUT_STAGE": True,
    "FULL_SCALE_UA": 100_000,
    "COMPLIANCE_MV": 90_000,
    "SHORT_OHM": 40,
    "SHORT_FROM_UA": 5_000,
    "SHORT_HOLD_MS": 20,
    "OLED_I2C": 0,
    "OLED_ADDRESS": 0x3C,
    "SEAL_OFFSET": 0xFFF00,
    "FLASH_BYTES": 0x200000,
    "PRESCRIPTION_OFFSET": 0x180000,
    "PRESCRIPTION_BYTES": 0x2000,
    "KEYS_OFFSET": 0x182000,
    "KEYS_BYTES": 0x2000,
    "COUNTER_OFFSET": 0x184000,
    "COUNTER_BYTES": 0x2000,
    "CALIBRATION_OFFSET": 0x186000,
    "CALIBRATION_BYTES": 0x2000,
    "JOURNAL_OFFSET": 0x1F0000,
    "JOURNAL_BYTES": 0x10000,
    # Another order of pins than any real board's, but what must be consecutive is.
    "PINS": {
        "OLED_SDA": (0, "i2c", 0, 1, "up"),
        "OLED_SCL": (1, "i2c", 0, 1, "up"),
        "INTERLOCK_N": (2, "in", 0, 0, "up"),
        "CH1_AMP": (4, "pwm", 1, 0, "down"),
        "CH2_AMP": (6, "pwm", 1, 0, "down"),
        "BUZZER": (8, "pwm", 1, 0, "down"),
        "CH1_A": (10, "out", 1, 0, "down"),
        "CH1_B": (11, "out", 1, 0, "down"),
        "CH2_A": (12, "out", 1, 0, "down"),
        "CH2_B": (13, "out", 1, 0, "down"),
        "HV_EN": (14, "out", 1, 0, "down"),
        "SYNC_OUT": (15, "out", 1, 0, "none"),
        "TRIG_IN": (16, "in", 1, 0, "down"),
        "SHORT_N": (17, "in", 0, 1, "up"),
        "VBUS_SENSE": (18, "in", 1, 0, "down"),
        "BTN_START": (19, "in", 0, 1, "none"),
        "BTN_STOP": (20, "in", 0, 1, "up"),
        "BTN_UP": (21, "in", 0, 1, "up"),
        "BTN_DOWN": (22, "in", 0, 1, "up"),
        "BTN_SELECT": (23, "in", 0, 1, "up"),
        "LED_READY": (3, "out", 1, 0, "down"),
        "LED_OUTPUT": (5, "out", 1, 0, "down"),
        "LED_FAULT": (7, "out", 1, 0, "down"),
        "CH1_SENSE": (26, "adc", 1, 0, "none"),
        "CH2_SENSE": (27, "adc", 1, 0, "none"),
        "SUPPLY_SENSE": (28, "adc", 1, 0, "none"),
    },
}


def board(**changes):
    """A two-channel board with what a test changes."""
    out = dict(BOARD)
    out.update(changes)
    return out


def program(**changes):
    """One [[program]] as the TOML parser gives it."""
    out = {
        "name": "Pain relief",
        "channels": [1, 2],
        "phase_us": 100,
        "gap_us": 50,
        "rate_pps": 80,
        "minutes": 20,
        "ramp_up_s": 2,
        "ramp_down_s": 1,
    }
    out.update(changes)
    return {key: value for key, value in out.items() if value is not None}


def document(*programs, **changes):
    """A whole prescription as the TOML parser gives it (dates as text)."""
    out = {
        "id": "rx-0001",
        "counter": 1,
        "patient": "P-017",
        "issued": "2026-11-22",
        "expires": "2027-02-22",
        "device": "*",
        "electrode_cm2": 25,
        "checks": {"contraindications_excluded": True, "sensation_tested": True},
        "caps": {
            "ch1_ma": 30,
            "ch2_ma": 30,
            "session_min": 30,
            "sessions_per_day": 3,
            "rest_min": 30,
        },
        "program": list(programs) or [program()],
    }
    out.update(changes)
    return {key: value for key, value in out.items() if value is not None}


def device_program(**changes):
    """Its only program as the device has it."""
    rx = prescription.from_toml_dict(document(program(**changes)))
    prescription.check(rx, board())
    return rx["programs"][0]


class PowerCut(Exception):
    """The flash lost power."""


class Flash:
    """Raw NOR flash: programming only clears bits, erase sets a sector. Loses power when `budget`
    is used up.

    `budget` is None or [n]: n more bytes are programmed or pages of 256 bytes erased, in all
    flashes that share the list. Holds only the sectors that were written, so that it fits the
    RP2040's heap beside the code under test.
    """

    SECTOR = 4_096

    def __init__(self, size):
        self.size = size
        self.sectors = {}
        self.budget = None
        self.erased = []

    def read(self, offset, n):
        sector = self.sectors.get(offset // self.SECTOR)
        at = offset % self.SECTOR
        return b"\xff" * n if sector is None else bytes(memoryview(sector)[at : at + n])

    def program(self, offset, data):
        for at, byte in enumerate(data, offset):
            if self.budget is not None:
                self._spend()
            self._of(at)[at % self.SECTOR] &= byte

    def erase(self, offset):
        number = offset // self.SECTOR
        for page in range(0, self.SECTOR, 256):
            self._spend()
            if number in self.sectors:
                self.sectors[number][page : page + 256] = b"\xff" * 256
        self.erased.append(number)
        self.sectors.pop(number, None)

    def _spend(self):
        if self.budget is not None:
            if self.budget[0] == 0:
                raise PowerCut()
            self.budget[0] -= 1

    def poke(self, offset, byte):
        """Set a byte as damage would."""
        self._of(offset)[offset % self.SECTOR] = byte

    def _of(self, offset):
        """The sector there, which from now on counts as written."""
        number = offset // self.SECTOR
        if number not in self.sectors:
            self.sectors[number] = bytearray(b"\xff" * self.SECTOR)
        return self.sectors[number]

    def written(self):
        """A check sum of each sector: what `image` tells, where memory is short."""
        return {number: crc32(sector) for number, sector in self.sectors.items()}

    def image(self):
        """What it holds, to compare with later."""
        return {number: bytes(sector) for number, sector in self.sectors.items()}

    def restore(self, image):
        """Hold what it held then; in the same memory, of which the device has little."""
        for number in [number for number in self.sectors if number not in image]:
            del self.sectors[number]
        for number, sector in image.items():
            if number not in self.sectors:
                self.sectors[number] = bytearray(self.SECTOR)
            self.sectors[number][:] = sector


def journal_of(flash, steps):
    """A journal written by `steps` (payload length, byte of power cut or None): after a cut the
    device starts again.
    """
    writer = JournalWriter(flash)
    for length, cut in steps:
        while writer.erase_ahead():
            pass
        flash.budget = None if cut is None else [cut]
        try:
            writer.append({"e": "x" * length})
        except PowerCut:
            flash.budget = None
            writer = JournalWriter(flash)
        flash.budget = None
    return writer


def chunk_expected(flash, start, bytes_max):
    """What a chunk from `start` must hold, from a reading of the whole ring: [(sequence,
    frame)].
    """
    rows, total = [], 0
    for record in journal.read_ring(flash.read, flash.size):
        if record.sequence >= start and total < bytes_max:
            rows.append((record.sequence, record.frame))
            total += len(record.frame)
    return rows
