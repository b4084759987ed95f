"""What may be wrong with a journal, how grave it is and what it means; and all that was found in
one.
"""

from dataclasses import dataclass, field

from evenpulse.base.errors import Problem
from evenpulse.journal.second_reader import (
    Frame,
)

_NAMED_MOST = 3


# Kind: (grave, what it means). A finding that is not grave is what a power cut leaves behind.
KINDS = {
    "damaged": (
        True,
        "it changed after it was written: flash or the file is damaged, or somebody edited it",
    ),
    "removed": (True, "it was there and is gone: taken out, or overwritten before it was read"),
    "replaced": (True, "a record was exchanged for another one whose own checksum is right"),
    "out_of_order": (True, "it was moved: the device writes records in the order of their numbers"),
    "duplicated": (True, "the same record stands there twice: the device writes each once"),
    "conflict": (
        True,
        "two different records carry one number: one of them was not written by this device",
    ),
    "payload": (
        True,
        "its checksum is right but its text is no JSON object: not written by this firmware",
    ),
    "time_back": (
        True,
        "device time never runs backwards: the record was not written when it says",
    ),
    "uptime_back": (
        True,
        "uptime starts again only at a boot: the record was not written when it says",
    ),
    "cut_off": (True, "the image is not a whole ring: what followed is missing"),
    "unfinished": (False, "power went while it was written; no other record is lost"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: which record, its kind (a key of KINDS), and what was seen."""

    record: int
    kind: str
    what: str

    @property
    def grave(self) -> bool:
        return KINDS[self.kind][0]

    @property
    def means(self) -> str:
        return KINDS[self.kind][1]


@dataclass
class Audit:
    """Sound records by number, and the findings by record."""

    frames: list[Frame]
    findings: list[Finding] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """True when nothing is damaged or missing; a power cut's remains do not count."""
        return not any(finding.grave for finding in self.findings)

    def require_whole(self, name: str) -> None:
        """Raise Problem where records are damaged or gone: nothing may rely on what is left
        without a word.
        """
        grave = [one for one in self.findings if one.grave]
        if grave:
            more = f"; and {len(grave) - _NAMED_MOST} more" if len(grave) > _NAMED_MOST else ""
            raise Problem(
                f"the journal in {name} is not whole",
                tried="length, checksum, hash chain, numbers and times of every record",
                seen="; ".join(f"record {one.record}: {one.what}" for one in grave[:_NAMED_MOST])
                + more,
                do_next="evenpulse log verify names each damage; keep the device and this journal",
            )
