"""A whole device without hardware, its link, and a clinic that signs for it. For unit tests;
runs on both VMs.
"""

import binascii

import never_trust_keys as keys
from samples import Flash, board, document

# Before app.device: modules would nest too deep for MicroPython.
import app.offer  # noqa: F401

# First: imports of the Unix port nest only so deep
from stimcore import monitor  # noqa: F401

# isort: split
from app.device import Device
from app.journal_writer import JournalWriter
from app.link_server import LinkServer
from app.slot_store import SlotStore
from stimcore import canonical, keyring, link, prescription, signature
from stimcore.journal import parse
from stimcore.inputs import HOLD_MS, Inputs
from stimcore.session import Session

IDENTITY = {
    "serial": "e660",
    "micropython": "1.25.0",
    "version": "0.1.0",
    "dev": False,
    "modules": (),
    "firmware": "ab" * 32,
}
# 2026-11-22
NOW_S = 20_779 * 86_400 + 5
CLINIC, OTHER = ("clinic", keys.MODULUS), ("other", keys.OTHER_MODULUS)


class Stream:
    """A byte stream in memory with the interface of hal.usb."""

    def __init__(self):
        self.incoming = bytearray()
        self.sent = []

    def read_into(self, line, limit):
        while self.incoming:
            byte = bytes(self.incoming[:1])
            self.incoming = self.incoming[1:]
            if len(line) > limit:
                line[-1] = byte[0]
            else:
                line.extend(byte)
            if byte == b"\n":
                return True
        return False

    def write(self, data):
        self.sent.append(bytes(data))


class Rig:
    """A whole device without hardware, and a way to ask it."""

    def __init__(self, trusted=(CLINIC,)):
        self.journal_flash, self.rx_flash, self.calibration_flash = (
            Flash(8 * 4_096),
            Flash(8_192),
            Flash(8_192),
        )
        self.key_flash, self.counter_flash = Flash(8_192), Flash(8_192)
        self.trust(*trusted)
        self.board = board(CALIBRATION=((5, -6), (0, 7)))
        self.start()

    def trust(self, *pairs):
        """Install these keys and no others; counts from the next start."""
        for _ in (0, 1):
            SlotStore(self.key_flash, keyring.MAGIC).save(keyring.text(pairs))

    def start(self):
        journal = JournalWriter(self.journal_flash)
        while journal.erase_ahead():
            pass
        self.stream = Stream()
        self.driver = {}
        self.device = Device(
            self.board,
            IDENTITY,
            Session(),
            journal,
            [self.key_flash, self.rx_flash, self.counter_flash],
            SlotStore(self.calibration_flash, b"EVCA"),
            self._calibrate,
        )
        self.device.free_bytes = lambda: 1
        self.device.session.step(0, Inputs())
        self.server = LinkServer(self.stream, self.device, lambda: [None, 4_000])
        self.prescriptions = self.device.prescriptions

    def _calibrate(self, index, gain, offset_ua):
        self.driver[index] = (gain, offset_ua)

    def events(self):
        """What the journal holds, without times."""
        frames, _ = self.device.journal.chunk(1, 20_000)
        payloads = [parse(raw)[2] for _, raw in frames]
        return [
            {key: value for key, value in payload.items() if key not in ("t", "ms")}
            for payload in payloads
        ]

    def raw(self, data):
        self.stream.incoming.extend(data)
        del self.stream.sent[:]
        while self.server.round() or self.stream.incoming:
            pass
        return [link.decode(line) for line in self.stream.sent]

    def ask(self, method, number=1, **params):
        return self.raw(link.encode(link.request(number, method, params)))[0]

    def offer(self, params=None, number=1):
        """The answer to configure."""
        return self.ask("configure", number, **(params or signed()))

    def round(self, ms=10, **inputs):
        """A round `ms` later with these inputs; True while something waits."""
        self.device.now_ms += ms
        seen = Inputs()
        for name, value in inputs.items():
            setattr(seen, name, value)
        return self.device.asked(seen)

    def hold_select(self):
        """A person presses SELECT and keeps it down."""
        self.round(pressed="SELECT")
        self.round(HOLD_MS, held="SELECT")
        self.round()

    def prescribed(self, **changes):
        """With a prescription that was offered and accepted."""
        answer = self.offer(signed(text(**changes)), changes.get("counter", 1))
        assert "result" in answer, answer
        self.hold_select()
        assert self.prescriptions.told()["state"] == "accepted"
        return self

    def standing(self):
        """What a refused offer must leave as it was."""
        return (
            self.rx_flash.image(),
            self.counter_flash.image(),
            self.prescriptions.id,
            self.prescriptions.last_counter,
        )


def text(*programs, **changes):
    """Canonical text of the sample prescription with what a test changes."""
    return canonical.text(prescription.from_toml_dict(document(*programs, **changes)))


def signed(rx=None, key=None, sig=None, now_s=NOW_S):
    """What configure takes: `rx` (text) signed by the clinic, or with the key id and signature
    (bytes) given.
    """
    rx = text() if rx is None else rx
    sig = keys.sign(rx.encode()) if sig is None else sig
    return {
        "rx": rx,
        "key": key or signature.key_id(keys.MODULUS),
        "signature": binascii.b2a_base64(sig).decode().strip(),
        "now_s": now_s,
    }


# Each test of a file that imports this has the sample's signature already
signed()
