"""What a round does before the session has its turn, while nothing is armed: what may be armed."""

from stimcore.inputs import Inputs


class AtRest:
    """`hal`, `device`, `outputs` and `watchdog` as the supervisor has them."""

    def __init__(self, hal, device, outputs, watchdog):
        self._hal, self._device = hal, device
        self._outputs, self._watchdog = outputs, watchdog
        self._inputs = Inputs()
        self._inputs.usb_isolated = device.board["USB_ISOLATED"]
        self._host_run = device.host_run
        hal.around_erase[0] = self._around_erase

    def _around_erase(self):
        """The watchdog waits 500 ms, and one erase takes up to 400: at rest it begins anew on both
        sides. Nothing is erased while armed; if it were, what is late is the watchdog's.
        """
        if not self._outputs.armed and not self._device.session.armed:
            self._watchdog.feed()

    def _at_rest(self, now_ms):
        """Before the session has its turn: what a self-test must allow, and what waits for a
        person.
        """
        device = self._device
        if device.failed or device.session.broken:
            self._test_first()
        if device.asked(self._inputs):
            # The buttons answered for what was offered, not for the session
            self._inputs.pressed = self._inputs.held = ""
            if device.update.due(now_ms):
                self._hal.bootloader()
        if self._inputs.held == "START" and not self._stands():
            device.session.trip("registers")
            self._write(*device.session.event)
            self._inputs.held = ""

    def _stands(self):
        """Before anything is armed: is what it goes by still what was signed and calibrated? Where
        a host may run programs of its own, there is no output stage.
        """
        device = self._device
        return (
            bool(self._host_run)
            or device.session.state not in ("READY", "PAUSED")
            or device.prescriptions.stands()
            and self._outputs.stands(device.calibration)
            and self._hal.seal.in_ram() > 0
        )

    def _test_first(self):
        """A failed self-test, and a fault that means broken hardware, are left by a START held,
        when the checks then pass, and in no other way.
        """
        if self._inputs.held == "START":
            self._watchdog.feed()
            self._device.self_test()
            self._watchdog.feed()
        if self._device.failed:
            self._inputs.pressed = self._inputs.held = ""

    def _write(self, name, fields):
        self._kept(self._device.record(name, fields))

    def _kept(self, kept):
        if not kept and self._device.session.armed:
            self._device.session.trip("journal_full")
