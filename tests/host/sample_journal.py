"""Journals for tests, written with the device's own writer side (stimcore.journal.frame), and treatments to fill them."""

from stimcore import journal

NOON_S = 1_795_348_800  # 2026-11-22 12:00 UTC
DAY_S = 86_400
SECTOR = journal.SECTOR_BYTES


def chain(payloads: list[dict], first: int = 1) -> list[bytes]:
    """Frames of payloads, each linked to the one before."""
    frames: list[bytes] = []
    for sequence, payload in enumerate(payloads, first):
        link = journal.link_of(frames[-1]) if frames else journal.NO_LINK if first == 1 else b"gone\0\0\0\0"
        frames.append(journal.frame(sequence, link, payload))
    return frames


def ring(frames: list[bytes], start: int = 1, sectors: int = 0) -> bytes:
    """An image of a flash ring: frames in sectors from `start` on, round the end, never across a sector."""
    filled = [b""]
    for frame in frames:
        if len(filled[-1]) + len(frame) > SECTOR:
            filled.append(b"")
        filled[-1] += frame
    count = sectors or len(filled) + 5
    assert count > len(filled)
    image = [b"\xff" * SECTOR] * count
    for number, data in enumerate(filled):
        image[(start + number) % count] = data.ljust(SECTOR, b"\xff")
    return b"".join(image)


class Treatment:
    """Writes what a device would: time goes on, uptime starts again at each boot."""

    def __init__(self, at_s: int = NOON_S):
        self.at_s, self.ms, self.payloads = at_s, 0, []

    def note(self, event: str, after_s: float = 0, **fields: object) -> "Treatment":
        self.ms = 0 if event == "boot" else self.ms + round(after_s * 1_000)
        self.at_s += round(after_s)
        self.payloads.append({"t": self.at_s, "ms": self.ms, "e": event, **fields})
        return self

    def prescribed(self, name: str = "rx-0001", counter: int = 1) -> "Treatment":
        return self.note("boot", cause="power", before="BOOT").note("prescription", 5, id=name, counter=counter)

    def session(self, program: str = "Pain relief", minutes: float = 20, ma: tuple = (12, 10), left_s: int = 0,
                before: int | None = None, after: int | None = None, skin: str | None = None, rated: bool = True) -> "Treatment":
        """One session to its end, or ended by the patient with `left_s` to go, and its rating."""
        ua = [one * 1_000 for one in ma]
        pulses = round(minutes * 60 * 80)
        self.note("start", 10, program=program).note("amplitude", 20, ua=ua)
        self.note("end", minutes * 60 - 20, program=program, left_s=left_s, peak_ua=ua, pulses=[pulses, pulses],
                  uc=[pulses * one // 10 for one in ma])
        return self.note("rating", 30, before=before, after=after, skin=skin) if rated else self

    def until(self, day: float) -> "Treatment":
        """Let powered time pass until `day` days after the first noon."""
        to_s = max(self.at_s, NOON_S + round(day * DAY_S))
        self.ms += (to_s - self.at_s) * 1_000
        self.at_s = to_s
        return self

    def frames(self, first: int = 1) -> list[bytes]:
        return chain(self.payloads, first)
