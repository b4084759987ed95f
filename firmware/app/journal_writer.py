"""Journal on flash: appends records into erased space, keeps some erased ahead, erases only when
told it may.

Index in memory: the first sequence of each used sector. What a power cut tore is left behind, never
repaired. What was whole and is damaged is told (`since`), for it may have said more.
"""

from stimcore import journal

# Sectors erased before a session may start: about 150 records
AHEAD_SECTORS = 4


class JournalWriter:
    """`area` is a flash area with read, program, erase, size. Scans it once."""

    def __init__(self, area):
        self._area = area
        self._sectors = area.size // journal.SECTOR_BYTES
        self.lost = 0
        # Sectors that begin with something and hold nothing whole
        self._unread = []
        self._index = sorted(self._first_sequences())
        self.sequence = 0
        self._link = journal.NO_LINK
        self.last = None
        self._sector = 0
        # Where in the area the frame behind the last chunk starts: (its sequence, offset)
        self._cursor = (0, 0)
        # The next free byte; a full sector until one is opened
        self._free = journal.SECTOR_BYTES
        if self._index:
            self._resume(self._index[-1][1])
        # Asked now: a sector that holds nothing whole is soon erased
        self._damaged = not self._end_is_sound()
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
                else:
                    self._unread.append(sector)

    def _resume(self, sector):
        data = self._read(sector)
        at, self.sequence, _, self.last, raw = journal.scan_sector(data)[-1]
        self._link = journal.link_of(raw)
        self._sector = sector
        # A checksum may end in 0xFF, which looks erased
        self._free = max(journal.used_bytes(data), at + len(raw))

    def _end_is_sound(self):
        """True when behind the last whole record stands nothing, or what power cuts left: in its
        sector, or where the next one begins.
        """
        following = (self._sector + 1) % self._sectors
        behind, unread = b"", self._unread
        if self._index:
            data = self._read(self._sector)
            at, _, _, _, raw = journal.scan_sector(data)[-1]
            behind = data[at + len(raw) : self._free]
            unread = [sector for sector in unread if sector == following]
        if unread not in ([], [following]):
            return False
        for sector in unread:
            data = self._read(sector)
            behind += data[: journal.used_bytes(data)]
        return journal.torn(behind, self.sequence + 1, self._link)

    def _is_erased(self, sector):
        return not journal.used_bytes(self._read(sector))

    def _count_ahead(self):
        ahead = 0
        while ahead < AHEAD_SECTORS and self._is_erased((self._sector + 1 + ahead) % self._sectors):
            ahead += 1
        return ahead

    def breaks(self):
        """Records of the newest sector whose link is not that of the one before: 0 in a sound
        journal.
        """
        broken, link = 0, None
        for _, _, kept, _, raw in journal.scan_sector(self._read(self._sector)):
            broken += link is not None and kept != link
            link = journal.link_of(raw)
        return broken

    @property
    def ready(self):
        """True when enough erased space for a session lies ahead."""
        return self._ahead >= AHEAD_SECTORS

    def erase_ahead(self):
        """Erase one sector ahead if one is missing. Only while disarmed: it stops the CPU.
        Returns True when it did.
        """
        if self.ready:
            return False
        sector = (self._sector + 1 + self._ahead) % self._sectors
        if not self._is_erased(sector):
            self._area.erase(sector * journal.SECTOR_BYTES)
            self._index = [(first, at) for first, at in self._index if at != sector]
        self._ahead += 1
        return True

    def append(self, payload):
        """Write one record. Returns its sequence, or 0 when no erased space is left (counted in
        `lost`).
        """
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
        """Payloads from the newest record that has `key` on, in order, and None wherever one is
        missing: damaged in between, at the end (as found at power-on), or all that had it.
        """
        at = len(self._index)
        frames, first = [], None
        while first is None and at:
            at -= 1
            frames = journal.scan_sector(self._read(self._index[at][1]))
            for i, (_, _, _, payload, _) in enumerate(frames):
                if key in payload:
                    first = i
        link = None
        # Ends: with the index, along which `at` goes
        while frames and first is not None:
            for _, _, before, payload, raw in frames[first:]:
                if link not in (None, before):
                    yield None
                link = journal.link_of(raw)
                yield payload
            at += 1
            first = 0
            frames = (
                journal.scan_sector(self._read(self._index[at][1])) if at < len(self._index) else []
            )
        if self._damaged or self._index and first is None:
            yield None

    def chunk(self, sequence, bytes_max):
        """Frames from `sequence` on: (list of (sequence, frame) of about bytes_max, next sequence
        or None).

        Costs what it returns when it goes on where the last one ended, as a host that fetches the
        journal does.
        """
        at = len(self._index) - 1
        while at > 0 and self._index[at][0] > sequence:
            at -= 1
        found, total, last = [], 0, 0
        while 0 <= at < len(self._index) and total < bytes_max:
            first, sector = self._index[at]
            due, start = self._cursor
            begin, end = sector * journal.SECTOR_BYTES, (sector + 1) * journal.SECTOR_BYTES
            if due == sequence >= first and begin <= start < end:
                begin = start
            else:
                begin = journal.skip(self._area.read, begin, end, sequence)
            for number, raw, behind in journal.walk(self._area.read, begin, end):
                if number >= sequence:
                    found.append((number, raw))
                    total, last = total + len(raw), behind
                    if total >= bytes_max:
                        break
            at += 1
        if not found:
            return found, None
        after = found[-1][0] + 1
        self._cursor = (after, last)
        return found, after if after <= self.sequence else None
