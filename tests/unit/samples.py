"""What several unit tests start from: a legal prescription, a board, and a flash that can lose power. Runs on both VMs."""

from binascii import crc32

from app.journal_writer import JournalWriter
from stimcore import journal

BOARD = {
    "NAME": "sample", "CHANNELS": 2, "MAX_UA": 100_000, "DEAD_TIME_US": 5, "SINGLE_CURRENT_SOURCE": False,
    "SMALLEST_ELECTRODE_MM2": 1_600, "USB_ISOLATED": False, "SUPPLY_MIN_MV": 4_300, "SUPPLY_MAX_MV": 5_600,
    "SENSE_NV_PER_UA": 30_000,
}


def board(**changes):
    """A two-channel board with what a test changes."""
    out = dict(BOARD)
    out.update(changes)
    return out


def program(**changes):
    """One [[program]] as the TOML parser gives it."""
    out = {"name": "Pain relief", "channels": [1, 2], "phase_us": 100, "gap_us": 50, "rate_pps": 80, "minutes": 20,
           "ramp_up_s": 2, "ramp_down_s": 1}
    out.update(changes)
    return {key: value for key, value in out.items() if value is not None}


def document(*programs, **changes):
    """A whole prescription as the TOML parser gives it (dates as text)."""
    out = {
        "id": "rx-0001", "counter": 1, "patient": "P-017", "issued": "2026-11-22", "expires": "2027-02-22", "device": "*",
        "electrode_cm2": 25, "checks": {"contraindications_excluded": True, "sensation_tested": True},
        "caps": {"ch1_ma": 30, "ch2_ma": 30, "session_min": 30, "sessions_per_day": 3, "rest_min": 30},
        "program": list(programs) or [program()],
    }
    out.update(changes)
    return {key: value for key, value in out.items() if value is not None}


class PowerCut(Exception):
    """The flash lost power."""


class Flash:
    """Raw NOR flash: programming only clears bits, erase sets a sector. Loses power when `budget` is used up.

    `budget` is None or [n]: n more bytes are programmed or pages of 256 bytes erased, in all flashes that share the list. Holds only the sectors that were written, so that it fits the RP2040's heap beside the code under test.
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
        return b"\xff" * n if sector is None else bytes(memoryview(sector)[at:at + n])

    def program(self, offset, data):
        for i, byte in enumerate(data):
            self._spend()
            self.poke(offset + i, self.read(offset + i, 1)[0] & byte)

    def erase(self, offset):
        number = offset // self.SECTOR
        for page in range(0, self.SECTOR, 256):
            self._spend()
            if number in self.sectors:
                self.sectors[number][page:page + 256] = b"\xff" * 256
        self.erased.append(number)
        self.sectors.pop(number, None)

    def _spend(self):
        if self.budget is not None:
            if self.budget[0] == 0:
                raise PowerCut()
            self.budget[0] -= 1

    def poke(self, offset, byte):
        """Set a byte as damage would."""
        number = offset // self.SECTOR
        if number not in self.sectors:
            self.sectors[number] = bytearray(b"\xff" * self.SECTOR)
        self.sectors[number][offset % self.SECTOR] = byte

    def written(self):
        """A check sum of each sector: what `image` tells, where memory is short."""
        return {number: crc32(sector) for number, sector in self.sectors.items()}

    def image(self):
        """What it holds, to compare with later."""
        return {number: bytes(sector) for number, sector in self.sectors.items()}


def journal_of(flash, steps):
    """A journal written by `steps` (payload length, byte of power cut or None): after a cut the device starts again."""
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
    """What a chunk from `start` must hold, from a reading of the whole ring: [(sequence, frame)]."""
    rows, total = [], 0
    for record in journal.read_ring(flash.read, flash.size):
        if record.sequence >= start and total < bytes_max:
            rows.append((record.sequence, record.frame))
            total += len(record.frame)
    return rows
