"""A desk whose edges, currents and journal are kept until somebody has taken them: what a page is
told of.
"""

from stimcore import journal, records

from evenpulse.journal.entries import TABLE, Entry, entry, words
from evenpulse.live.desk import Desk
from evenpulse.scenario.run_files import logged_roles
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.web.trips import Trips

_JOURNAL_EVERY = CLOCKS_PER_MS * 50
_KEPT_RECORDS = 200
_OWN = {row[0]: TABLE[row[0]].fields[: len(row[5])] for row in records.EVENTS}
_NOT_WORDS = ("rows", "tables", "pairs", "wholes")
# unit of the record: what a page shows, and how many of the record's are one of it
_SHOWN_IN = {"µA": ("mA", 1_000), "0.01 %": ("%", 100)}


class SeenDesk(Desk):
    """What `take()` gives is given once; whoever looks for the first time asks for `journal`
    too.
    """

    def __init__(self, board: dict, kept: bytes):
        self.edges: list[tuple[int, int, int]] = []
        self.flows: list[list] = []
        self.records: list[dict] = []
        self._new_records: list[dict] = []
        super().__init__(board, kept=kept)

    def _power_on(self) -> None:
        super()._power_on()
        self.roles = logged_roles(self.twin)
        self.trips, self._states, self._looked = Trips(), 0, 0
        self._sectors: list[bytes] = []
        self._sequence = 0
        self.refusal = ""  # why an offered prescription was refused, while its cable is in
        self.edges.clear()
        self.flows.clear()

    def look(self) -> None:
        """Take up what happened since the last time."""
        self._look()

    @property
    def hv_on(self) -> bool:
        return self._at("HV_EN")

    @property
    def stop_closed(self) -> bool:
        """Whether the STOP loop is closed: nobody but the chip and the comparators holds it."""
        return not self.twin.world.pulls("STOP loop")

    def _at(self, role: str) -> bool:
        world = self.twin.world
        return self.twin.chip.pads.levels[world.gpio(role)] == world.active(role)

    def _look(self) -> None:
        twin = self.twin
        new = [edge for edge in twin.edges if edge[1] in self.roles]
        for clock, gpio, level in new:
            role = self.roles[gpio]
            self.trips.edge(clock, role, level)
        self.edges += new
        for number, channel in enumerate(twin.world.channels, 1):
            self.flows += [[number, *flow] for flow in channel.flows or []]
        for clock, word in twin.states[self._states :]:
            self.trips.state(clock, word)
        if len(twin.states) > self._states or twin.now - self._looked > _JOURNAL_EVERY:
            self._looked = twin.now
            self._read_journal()
        self._states = len(twin.states)
        if not twin.usb.plugged:
            self.refusal = ""
        super()._look()

    def _read_journal(self) -> None:
        """Only sectors that changed are read again."""
        board, size = self.twin.board, journal.SECTOR_BYTES
        start, count = board["JOURNAL_OFFSET"], board["JOURNAL_BYTES"] // size
        flash = self.twin.chip.rp2040.flash
        now = [bytes(flash[start + at * size : start + (at + 1) * size]) for at in range(count)]
        before = self._sectors or [b""] * count
        found = []
        for old, sector in zip(before, now, strict=True):
            if sector != old:
                found += [one for one in journal.scan_sector(sector) if one[1] > self._sequence]
        self._sectors = now
        for _, sequence, _, payload, raw in sorted(found, key=lambda one: one[1]):
            self._sequence = sequence
            one = entry(journal.Record(sequence, payload, raw, True))
            if one.event == "refused":
                self.refusal = one.fields["why"]
            told = _told(one)
            self.records.append(told)
            self._new_records.append(told)
        del self.records[:-_KEPT_RECORDS]

    def take(self) -> tuple[list[tuple[int, int, int]], list[list], list[dict]]:
        """(edges, flows, records) since the last time."""
        taken = self.edges, self.flows, self._new_records
        self.edges, self.flows, self._new_records = [], [], []
        return taken


def shown(event: str) -> list[records.Field]:
    """The fields of an event that a page shows: its own say what happened; totals of the session
    stand in the report.
    """
    return [field for field in _OWN.get(event, ()) if field.kind not in _NOT_WORDS]


def _told(one: Entry) -> dict:
    given = [field for field in shown(one.event) if field.name in one.fields]
    return {
        "seq": one.sequence,
        "ms": one.ms,
        "event": one.event,
        "fields": [
            _said(field, words(one.event, field.name, one.fields[field.name]))
            for field in given
            if one.fields[field.name] is not None
        ],
    }


def key(field: records.Field) -> str:
    """What the page knows a field's label by."""
    return field.column or field.name


def _said(field: records.Field, value: object) -> list[str]:
    """A field's key, its value as one text, and its unit: currents in mA, gains in %."""
    several: list = list(value) if isinstance(value, (list, tuple)) else [value]
    unit, divisor = _SHOWN_IN.get(field.unit, (field.unit, 0))
    texts = [f"{one / divisor:g}" if divisor else str(one) for one in several]
    return [key(field), " · ".join(texts), unit]
