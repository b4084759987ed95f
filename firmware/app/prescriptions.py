"""The prescription in force and the one that waits for a person: signature, counter, expiry, flash.
Nothing is taken over the link.

Kept in flash: the signed envelope, verified again at every boot, and apart from it the last counter
that was accepted.
"""

import hashlib
import json

from app import authentic
from app.offer import Offer
from app.slot_store import SlotStore
from stimcore import devicetime, envelope, keyring, prescription, records
from stimcore.acceptance import labels_of, prescription_pages
from stimcore.dates import days, iso
from stimcore.errors import Refused
from stimcore.texts import Texts


class Prescriptions(Offer):
    """`device` is app.device.Device: its board, serial, time, session and journal. `areas`:
    flash of keys, prescription, counter. What waits: rx, signed, now_s, sha256.
    """

    def __init__(self, device, areas):
        super().__init__(device, "prescription", "a prescription waits", self._pages, self._keep)
        key_store = SlotStore(areas[0], keyring.MAGIC)
        self._store = SlotStore(areas[1], b"EVRX")
        self._counter_store = SlotStore(areas[2], b"EVCT")
        # The packed envelope whose signature was found right in the round before
        self._verified = None
        self._answered = {"sha256": None, "state": None, "why": None, "left_s": 0}
        self.id = self.sha256 = None
        # Whether what flash held at power-on was refused
        self.bad = False
        self.last_counter = self._kept_counter()
        self._counter_due = False
        try:
            self.keys = keyring.parse(key_store.text) if key_store.text else []
        except (ValueError, Refused):
            self.keys = []
        if key_store.damaged and not self.keys:
            device.record("keys_bad", {})

    def _kept_counter(self):
        text = self._counter_store.text
        return int(text.decode()) if text else 0

    # --- at boot ---------------------------------------------------------------------------------

    def load(self):
        """Take the prescription found in flash, verified and checked again. A bad one counts as
        none, and is journaled.
        """
        if self._store.text is None:
            return
        device = self._device
        try:
            kept = envelope.unpack(self._store.text)
            authentic.verify(kept, self.keys)
            rx = authentic.read(kept, device.board)
            # One that was superseded does not come back when the newer slot is damaged: its counter
            # is behind.
            prescription.check_accept(
                rx,
                device.serial,
                device.time.now_s(0) // 86_400,
                (self.last_counter or rx["counter"]) - 1,
            )
        except Refused as bad:
            self.bad = True
            device.record("prescription_bad", {"field": bad.field[: records.WHY_CHARS]})
            return
        self._use(kept, rx)

    def _use(self, signed, rx):
        self.id = rx["id"]
        self.sha256 = _sha256(signed.text)
        self.last_counter = max(self.last_counter, rx["counter"])
        self._counter_due = self.last_counter > self._kept_counter()
        self._device.session.dose.prescribe(rx["caps"]["sessions_per_day"], rx["caps"]["rest_s"])
        caps_ua = rx["caps"]["ch1_ua"], rx["caps"]["ch2_ua"]
        self._device.session.load(
            rx["programs"], caps_ua, days(rx["expires"]), _language(rx), labels_of(rx)
        )

    def stands(self):
        """Is what a session goes by what was signed? Programs, caps and rules lie in memory for
        weeks; a bit that flips there is in no register that anybody watches.
        """
        if self.id is None:
            return True
        text = envelope.text_of(self._store.text)
        if _sha256(text) != self.sha256:
            return False
        rx, session = json.loads(text.decode()), self._device.session
        caps = rx["caps"]
        return (
            session.programs == rx["programs"]
            and session.caps_ua == (caps["ch1_ua"], caps["ch2_ua"])
            and session.expires_day == days(rx["expires"])
            and session.dose.rules == (caps["sessions_per_day"], caps["rest_s"])
        )

    # --- over the link ---------------------------------------------------------------------------

    def offer(self, text, key, sig, now_s):
        """Let a signed prescription wait for the person; what the host is told. Raises Refused, and
        journals that.

        Raises Later when all is well so far: offer the same again in the next round, because one
        round for all would come close to the watchdog.
        """
        try:
            signed = envelope.from_text(text, key, sig)
            what = {"sha256": _sha256(signed.text)}
            if not self.waiting:
                what.update(self._checked(signed, now_s))
            self.let_wait(what)
        except Refused as no:
            self._refused(no.field)
            raise
        rx = self.waiting["rx"]
        return {
            "id": rx["id"],
            "counter": rx["counter"],
            "programs": [p["name"] for p in rx["programs"]],
            "sha256": what["sha256"],
        }

    def _checked(self, signed, now_s):
        """What is to wait for the person. Raises Refused and Later."""
        device = self._device
        if len(signed.packed()) > self._store.bytes_max:
            raise Refused(
                "prescription",
                "%d bytes" % len(signed.packed()),
                "%d bytes" % self._store.bytes_max,
                "flash slot",
                "fewer programs",
            )
        packed = signed.packed()
        if packed != self._verified:
            authentic.verify(signed, self.keys)
            self._verified = packed
            raise Later()
        self._verified = None
        rx = authentic.read(signed, device.board)
        # A day east or west of here it is another date
        if now_s // 86_400 < days(rx["issued"]) - 1:
            raise Refused(
                "now_s",
                iso(now_s // 86_400),
                "not before issued = " + rx["issued"],
                "the host's clock",
                "set the computer's clock",
            )
        # Time never runs backwards: an old date revives nothing
        today = max(now_s, device.time.now_s(device.now_ms)) // 86_400
        same = self._holds(signed)
        prescription.check_accept(
            rx, device.serial, today, rx["counter"] - 1 if same else self.last_counter
        )
        return {"rx": rx, "signed": signed, "now_s": now_s}

    def _said(self, what):
        """In its own language, not in that of the one before."""
        return Texts(_language(what["rx"])).said

    def _pages(self, what, said):
        """What the person sees of it: also the date it brings, and that of the device when they
        lie apart.
        """
        rx, told_s = what["rx"], what["now_s"]
        was_s = self._device.time.now_s(self._device.now_ms)
        if self._holds(what["signed"]):
            return prescription_pages(rx, said, [[said["in_force"]]])
        dates = [[said["sets_date"], iso(told_s // 86_400)]]
        if devicetime.jumps(was_s, told_s):
            dates.append([said["had_date"], iso(was_s // 86_400)])
        return prescription_pages(rx, said, dates)

    def _holds(self, signed):
        return self.id is not None and self._store.text == signed.packed()

    def _refused(self, why):
        """Journal a refusal."""
        self._device.record_bounded("refused", {"why": why[: records.WHY_CHARS]})

    _not_done = _refused

    # --- every round -----------------------------------------------------------------------------

    def round(self, inputs):
        """While nothing is armed: hear the person's answer. True while something waits: the
        buttons then mean that and nothing else.
        """
        if self._counter_due:
            # A round of its own: two erases would outlast the watchdog
            self._counter_due = False
            self._counter_store.save(b"%d" % self.last_counter)
        return super().round(inputs)

    def _keep(self, what):
        """Keep and use what the person has accepted; what is in force already sets nothing. Why
        that could not be done, or "".
        """
        device, signed, rx, now_s = self._device, what["signed"], what["rx"], what["now_s"]
        if self._holds(signed):
            return ""
        if not self._store.save(signed.packed()):
            return "flash did not hold it: the old one stays in force"
        was_s = device.time.now_s(device.now_ms)
        device.time.set(now_s, device.now_ms)
        if devicetime.jumps(was_s, now_s):
            device.record("clock", {"was_s": was_s, "told_s": now_s})
        self._use(signed, rx)
        fields = {
            "id": rx["id"],
            "counter": rx["counter"],
            "key": signed.key,
            "patient": rx["patient"],
        }
        if "sessions_per_week" in rx["caps"]:
            fields["per_week"] = rx["caps"]["sessions_per_week"]
        device.record("prescription", fields)
        return ""


class Later(Exception):
    """Not refused so far; go on in the next round."""


def _language(rx):
    return rx.get("language", "en")


def _sha256(text):
    return hashlib.sha256(text).digest().hex()
