"""Journal on flash: appends records into erased space, keeps some erased ahead, erases only when told it may.

Index in memory: the first sequence of each used sector. What a power cut tore is left behind, never repaired.
"""

from stimcore import journal

AHEAD_SECTORS = 4  # erased before a session may start: about 150 records


class JournalWriter:
    """`area` is a flash area with read, program, erase, size. Scans it once."""

    def __init__(self, area):
        self._area = area
        self._sectors = area.size // journal.SECTOR_BYTES
        self.lost = 0
        self._index = sorted(self._first_sequences())
        self.sequence = 0
        self._link = journal.NO_LINK
        self.last = None
        self._sector = 0
        self._free = journal.SECTOR_BYTES  # next free byte; a full sector until one is opened
        if self._index:
            self._resume(self._index[-1][1])
        self._ahead = self._count_ahead()

    def _read(self, sector):
        return self._area.read(sector * journal.SECTOR_BYTES, journal.SECTOR_BYTES)

    def _first_sequences(self):
        for sector in range(self._sectors):
            head = self._area.read(sector * journal.SECTOR_BYTES, journal.FRAME_BYTES_MAX)
            hit = journal.parse(head)
            if hit:
                yield hit[0], sector
            elif journal.used_bytes(head):
                frames = journal.scan_sector(self._read(sector))
                if frames:
                    yield frames[0][1], sector

    def _resume(self, sector):
        data = self._read(sector)
        _, self.sequence, _, self.last, raw = journal.scan_sector(data)[-1]
        self._link = journal.link_of(raw)
        self._sector = sector
        self._free = journal.used_bytes(data)

    def _is_erased(self, sector):
        return not journal.used_bytes(self._read(sector))

    def _count_ahead(self):
        ahead = 0
        while ahead < AHEAD_SECTORS and self._is_erased((self._sector + 1 + ahead) % self._sectors):
            ahead += 1
        return ahead

    @property
    def ready(self):
        """True when enough erased space for a session lies ahead."""
        return self._ahead >= AHEAD_SECTORS

    def erase_ahead(self):
        """Erase one sector ahead if one is missing. Only while disarmed: it stops the CPU. Returns True when it did."""
        if self.ready:
            return False
        sector = (self._sector + 1 + self._ahead) % self._sectors
        if not self._is_erased(sector):
            self._area.erase(sector * journal.SECTOR_BYTES)
            self._index = [row for row in self._index if row[1] != sector]
        self._ahead += 1
        return True

    def append(self, payload):
        """Write one record. Returns its sequence, or 0 when no erased space is left (counted in `lost`)."""
        raw = journal.frame(self.sequence + 1, self._link, payload)
        if self._free + len(raw) > journal.SECTOR_BYTES:
            if not self._ahead:
                self.lost += 1
                return 0
            self._sector = (self._sector + 1) % self._sectors
            self._ahead -= 1
            self._free = 0
        if self._free == 0:
            self._index.append((self.sequence + 1, self._sector))
        self._area.program(self._sector * journal.SECTOR_BYTES + self._free, raw)
        self._free += len(raw)
        self.sequence += 1
        self._link = journal.link_of(raw)
        self.last = payload
        return self.sequence

    def since(self, key):
        """Payloads from the newest record that has `key` on, in order; none when no record has it."""
        at = len(self._index)
        frames, first = [], None
        while first is None and at:
            at -= 1
            frames = journal.scan_sector(self._read(self._index[at][1]))
            for i, row in enumerate(frames):
                if key in row[3]:
                    first = i
        while frames and first is not None:
            for row in frames[first:]:
                yield row[3]
            at += 1
            first = 0
            frames = journal.scan_sector(self._read(self._index[at][1])) if at < len(self._index) else []

    def chunk(self, sequence, bytes_max):
        """Frames from `sequence` on: (list of (sequence, frame) of about bytes_max, next sequence or None)."""
        rows = [row for row in self._index if row[0] <= sequence] or self._index[:1]
        if not rows:
            return [], None
        found, total = [], 0
        at = self._index.index(rows[-1])
        while at < len(self._index) and total < bytes_max:
            for _, number, _, _, raw in journal.scan_sector(self._read(self._index[at][1])):
                if number >= sequence and total < bytes_max:
                    found.append((number, raw))
                    total += len(raw)
            at += 1
        after = found[-1][0] + 1 if found else sequence
        return found, after if after <= self.sequence and found else None
