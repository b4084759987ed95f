"""What the device is and holds: board, identity, prescription, calibration, time, journal. The
link server reads and changes it.
"""

import gc
import json

from app import selftest
from app.calibrations import Calibrations
from app.host_run import HostRun
from app.prescriptions import Prescriptions
from app.update import Update
from stimcore import calibration, keyring, link, records
from stimcore.devicetime import DeviceTime
from stimcore.errors import Refused
from stimcore.quota import Quota
from stimcore.states import GOING_ON


class Device:
    """`board` is the board file's names as a dict; `identity` is for info: serial, micropython,
    version, dev, modules (what a development build took from its filesystem), firmware (SHA-256 of
    the program as built).

    `rx_areas`: flash of clinic keys, prescription and counter. `apply_calibration(index,
    gain_permyriad, offset_ua)` tells the driver. Raises Refused for a board out of range.
    """

    def __init__(
        self, board, identity, session, journal, rx_areas, calibration_store, apply_calibration
    ):
        self.board = board
        self.serial = identity["serial"]
        self.identity = identity
        self.session = session
        self.journal = journal
        self._calibration_store = calibration_store
        self._apply_calibration = apply_calibration
        self.time = DeviceTime(journal.last["t"] if journal.last else 0)
        self.now_ms = 0
        # For each event, how many more of it a host may cause
        self._quotas = {}
        self.usb_power = False
        self.supply_mv = self.temperature_c = 0
        self.round_us_max = 0
        self.checks = self.failed = ()
        self.calibration, self.calibration_damaged = (), False
        session.time = self.time
        # Its parts come last: each is given a device that has all of its own. Then what flash
        # holds.
        self.host_run = None if board["OUTPUT_STAGE"] else HostRun(self)
        self.prescriptions = Prescriptions(self, rx_areas)
        self.update = Update(self)
        self.calibrations = Calibrations(self)
        self._offers = (self.prescriptions, self.update, self.calibrations)
        self.prescriptions.load()
        session.dose.rebuild(journal.since("day"), session.breakage.recall)
        self._load_calibration()

    def _load_calibration(self):
        """The newest sound calibration found in flash, or the board's own. What was found
        unsound is in the journal.
        """
        rows, why = self.board["CALIBRATION"], ""
        calibration.check_table(rows, self.board)
        self.calibration_damaged = self._calibration_store.damaged
        if self.calibration_damaged:
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
        """Keep and use a calibration that has been checked, while disarmed. False when flash
        does not hold it: nothing changes.
        """
        rows = [[row["gain_permyriad"], row["offset_ua"]] for row in self.calibration]
        rows[wanted["channel"] - 1] = [wanted["gain_permyriad"], wanted["offset_ua"]]
        if not self._calibration_store.save(json.dumps(rows).encode()):
            return False
        self._use_calibration(rows)
        self.record("calibration", wanted)
        return True

    def record(self, event, fields):
        """Append to the journal. False when it is full."""
        return bool(
            self.journal.append(
                records.payload(self.time.now_s(self.now_ms), self.now_ms, event, fields)
            )
        )

    def record_bounded(self, event, fields, kind=None):
        """The same for what a host or a bad contact causes: the first ones of a kind (an event by
        itself, if none is given), then one a minute with how many came between.
        """
        quota = self._quotas.setdefault(kind or event, Quota())
        return not quota.admits(self.now_ms) or self.record(event, dict(fields, **quota.more()))

    def denied(self, method, why):
        """Journal what a host was not given."""
        # Of one kind with a refused prescription: a host has one share of the journal.
        self.record_bounded(
            "denied", {"method": method, "why": why[: records.WHY_CHARS]}, "refused"
        )

    def booted(self, cause, before):
        """Journal this boot: why, and in which state the device went down. While armed or
        paused: then it comes up in FAULT.
        """
        fields = self.session.told(0)
        fields.update({"cause": cause, "before": before, "version": self.identity["version"]})
        self.record("boot", fields)
        if before in GOING_ON:
            self.session.trip("watchdog" if cause == "watchdog" else "restart")
            self.record(*self.session.event)

    def crashed(self, error):
        """Journal what ended the supervisor."""
        self.record("exception", {"what": repr(error)[:50], "state": self.session.state})

    def info(self):
        """Identity for the host."""
        return dict(
            self.identity,
            product="evenpulse",
            protocol=link.PROTOCOL,
            board=self.board["NAME"],
            state=self.session.state,
            prescription=self.prescriptions.id,
            calibration=self.calibration,
            keys=keyring.told(self.prescriptions.keys),
        )

    def asked(self, inputs):
        """While nothing is armed: hear a person's answer to what a host offered. True while
        something waits for one.
        """
        waits = False
        for offer in self._offers:
            waits = offer.round(inputs) or waits
        return waits

    def one_at_a_time(self, own, field):
        """Refuse what is offered while something else waits for the person."""
        for offer in self._offers:
            if offer is not own and offer.busy:
                raise Refused(
                    field,
                    offer.waits,
                    "one at a time",
                    "this device",
                    "accept it (hold SELECT) or refuse it (DOWN) at the device first",
                )

    @property
    def offers(self):
        """True while something waits for a person."""
        return any([offer.busy for offer in self._offers])

    def question(self):
        """Rows of what waits for a person, or None."""
        for offer in self._offers:
            if offer.busy:
                return offer.screen()
        return None

    def test_with(self, run):
        """Run the self-test now, and whenever `self_test` is called. Some 0.3 s; nothing may be
        armed.
        """
        self._run_self_test = run
        self.self_test()

    def self_test(self):
        """Run the checks; one that fails puts the device into FAULT and into the journal."""
        self.checks = self._run_self_test()
        self.failed = selftest.failed(self.checks)
        if self.failed:
            values = [row.value for row in self.checks if row.id in self.failed]
            self.record_bounded("self_test", {"failed": self.failed[:4], "values": values[:4]})
            self.session.trip("self_test")

    def free_bytes(self):
        """Free heap after a collection."""
        gc.collect()
        return gc.mem_free()
