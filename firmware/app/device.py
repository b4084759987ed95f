"""What the device is and holds: board, identity, prescription, calibration, time, journal. The link server reads and changes it."""

import gc
import hashlib
import json

from stimcore import calibration, link, prescription
from stimcore.devicetime import DeviceTime
from stimcore.errors import Refused

VERSION = "0.1.0"


class Device:
    """`board` is the board file's names as a dict; `identity` has serial and micropython, for info.

    `apply_calibration(index, gain_permyriad, offset_ua)` tells the driver. Raises Refused for a board out of range.
    """

    def __init__(self, board, identity, session, journal, rx_store, calibration_store, apply_calibration):
        self.board = board
        self.serial = identity["serial"]
        self._identity = identity
        self.session = session
        self.journal = journal
        self.rx_store = rx_store
        self._calibration_store = calibration_store
        self._apply_calibration = apply_calibration
        self.time = DeviceTime(journal.last["t"] if journal.last else 0)
        self.now_ms = 0
        self.usb_power = False
        self.supply_mv = 0
        self.round_us_max = 0
        self.rx_id = self.rx_sha256 = None
        self.last_counter = 0
        session.time = self.time
        self._load_stored()
        session.dose.rebuild(journal.since("day"))
        self._load_calibration()

    def _load_stored(self):
        """Take the prescription found in flash: checked again, because flash can rot. A bad one counts as none."""
        if self.rx_store.text is None:
            return
        try:
            rx = json.loads(self.rx_store.text.decode())
            prescription.check(rx, self.board)
        except (ValueError, Refused) as bad:
            self.record("prescription_bad", {"field": getattr(bad, "field", "JSON")[:32]})
            return
        self._load(rx)

    def _load(self, rx):
        self.rx_id = rx["id"]
        self.rx_sha256 = hashlib.sha256(self.rx_store.text).digest().hex()
        self.last_counter = rx["counter"]
        self.session.dose.prescribe(rx["caps"]["sessions_per_day"], rx["caps"]["rest_s"])
        self.session.load(rx["programs"], (rx["caps"]["ch1_ua"], rx["caps"]["ch2_ua"]))

    def take(self, rx, now_s):
        """A new prescription has been checked and stored: use it. Returns what the host is told, with what flash holds."""
        self.time.set(now_s, self.now_ms)
        self._load(rx)
        self.record("prescription", {"id": rx["id"], "counter": rx["counter"]})
        return {"id": rx["id"], "counter": rx["counter"], "programs": [p["name"] for p in rx["programs"]],
                "time_s": self.time.now_s(self.now_ms), "sha256": self.rx_sha256}

    def _load_calibration(self):
        """The newest sound calibration found in flash, or the board's own. What was found unsound is in the journal."""
        rows, why = self.board["CALIBRATION"], ""
        calibration.check_table(rows, self.board)
        if self._calibration_store.damaged:
            why = "a flash slot is neither whole nor empty"
        if self._calibration_store.text is not None:
            try:
                stored = json.loads(self._calibration_store.text.decode())
                calibration.check_table(stored, self.board)
                rows = stored
            except ValueError:
                why = "not JSON"
            except Refused as no:
                why = "%s outside %s" % (no.field, no.limit)
        self._use_calibration(rows)
        if why:
            self.record("calibration_bad", {"why": why, "calibration": self.calibration})

    def _use_calibration(self, rows):
        self.calibration = calibration.told(rows)
        for i in range(len(rows)):
            self._apply_calibration(i, rows[i][0], rows[i][1])

    def calibrate(self, wanted):
        """Keep and use a calibration that has been checked, while disarmed. False when flash does not hold it: nothing changes."""
        rows = [[row["gain_permyriad"], row["offset_ua"]] for row in self.calibration]
        rows[wanted["channel"] - 1] = [wanted["gain_permyriad"], wanted["offset_ua"]]
        if not self._calibration_store.save(json.dumps(rows).encode()):
            return False
        self._use_calibration(rows)
        self.record("calibration", wanted)
        return True

    def record(self, event, fields):
        """Append to the journal. False when it is full."""
        payload = {"t": self.time.now_s(self.now_ms), "ms": self.now_ms, "e": event}
        payload.update(fields)
        return bool(self.journal.append(payload))

    def info(self):
        """Identity for the host."""
        return dict(self._identity, product="evenpulse", version=VERSION, protocol=link.PROTOCOL, board=self.board["NAME"],
                    state=self.session.state, prescription=self.rx_id, calibration=self.calibration)

    def free_bytes(self):
        """Free heap after a collection."""
        gc.collect()
        return gc.mem_free()
