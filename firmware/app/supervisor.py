"""The supervisor: one round every 10 ms reads everything, checks everything, and only then
reloads dead-man and watchdog.
"""

import gc

from app.at_rest import AtRest
from stimcore import interlock, limits, panel, records, screens
from stimcore.inputs import HOLD_MS
from stimcore.states import STATES

ROUND_MS = 10
# Presses closer than this become one journal record
_AMPLITUDE_QUIET_MS = 2_000
# Two channels are in pulses for 3 ms at the most
_GAP_TRIES, _GAP_US = 40, 100
# What sensing says of the supply then
_IN_PULSE = -1
# Rounds in a row in which no gap is found: no program is in pulses for so long, a machine that has
# left its program is. One more than one, so that an engine that ran dry is told as that
_ROUNDS_IN_PULSE = 2
# Rounds: off within 100 ms of a supply that leaves its window, retries in a pulse included
_SUPPLY_EVERY = 6
# A hold is drawn from here on: a press is shorter
_BAR_FROM_MS = 200
# What means something when held while something waits for a person
_ACCEPTING = ("SELECT",)
# The second clock is asked every fourth round: its counter wraps after 131 ms; while ARMED in each,
# so that the session's end is not counted from an old time
_CORE_EVERY = 3
# Rounds: building its rows costs more than all checks together
_SCREEN_EVERY = 100
# Screens built between two collections of memory: some 2.6 kB each, of 80 kB and more that are
# free. Whoever presses a button would else now and then wait for one, which takes 16 ms
_SCREENS_KEPT = 12
# Memory is not collected so near a session's end: this is more than a collection takes
_ROUNDS_OF_COLLECTING_MS = 100


class Supervisor(AtRest):
    """`hal` holds the drivers, `device` what the device is, `outputs` the output stage, `server`
    the link.
    """

    def __init__(self, hal, device, outputs, server, watchdog):
        AtRest.__init__(self, hal, device, outputs, watchdog)
        self._display = hal.display
        self._clock = hal.clock
        self._levels = hal.levels
        self._session = device.session
        self._guard = hal.guard
        self._server = server
        self._keys = panel.Keys(hal.levels.bits, hal.levels.pressed, HOLD_MS)
        self._buzzer = panel.Buzzer()
        self._rounds = self._supply_due = self._core_ms = self._rounds_in_pulse = 0
        # (due_ms, fields) of amplitude changes that are not yet in the journal
        self._amplitude = None
        self._state = ""
        self._green = False
        # Screens built since memory was collected
        self._screens = 0
        self._glance = None
        self._stop_bit = hal.levels.bits[panel.BUTTONS.index("STOP")]

    def run(self):
        """Rounds for ever. An exception ends it: main.py makes the outputs safe."""
        clock = self._hal.clock
        device, one_round, sleep_rest = self._device, self.round, clock.sleep_rest
        # Ends: with the chip's supply; a round that does not end is the watchdog's
        while True:
            clock.mark()
            one_round()
            took_us = sleep_rest(ROUND_MS)
            if took_us > device.round_us_max:
                device.round_us_max = took_us

    def round(self):
        """One round. The order matters: outputs follow the session before anything slow happens."""
        device, session = self._device, self._session
        now_ms = device.now_ms = self._clock.now_ms(session.armed)
        self._read()
        if session.armed:
            if self._clock.jumped:
                self._clock.jumped = False
                self._inputs.output_fault = self._inputs.output_fault or "clock"
        else:
            self._at_rest(now_ms)
        if not self._rounds & _CORE_EVERY or session.state == "ARMED":
            self._core_ms = self._clock.core_ms()
        session.step(now_ms, self._inputs, self._core_ms)
        if self._host_run:
            self._host_run.round(self._inputs)
        self._outputs.apply(session)
        if session.state != self._state:
            self._changed(session.state, session.latch.reason)
        self._show(session, now_ms)
        self._note(session, now_ms)
        if device.usb_power and (not self._outputs.armed or self._host_run):
            self._server.round()
        self._alive()

    def _show(self, session, now_ms):
        """Buzzer first, which takes no time; then screen and lights: what has changed, and once
        a second what time has changed.
        """
        if session.sound:
            self._buzzer.play(session.sound, now_ms)
            session.sounded()
        if now_ms >= self._buzzer.due_ms:
            on = self._buzzer.step(now_ms)
            self._hal.indicators.beep(on, self._buzzer.hz)
            if self._buzzer.flashes:
                self._hal.indicators.flash(on or session.state == "FAULT")
        if session.redraw or self._rounds % _SCREEN_EVERY == 0 and self._time_shows(session):
            session.shown()
            self._screens += 1
            offered = self._device.question()
            self._display.show(
                screens.with_bar(
                    offered or screens.screen(session, self._device.usb_power), session.bar
                )
            )
            lights = panel.OFFERED if offered else panel.lights(session)
            self._hal.indicators.lights(*lights)
            if lights[0] and not self._green and not self._display.fitted:
                self._buzzer.play("ready", now_ms)
            self._green = lights[0]
        if self._screens >= _SCREENS_KEPT and self._has_time():
            self._screens = 0
            gc.collect()
        elif self._display.busy:
            self._display.round()

    def _has_time(self):
        """Nothing waits for the next round: no screen, no button, no output still to be switched
        off, no session at its end. Or the session has just been armed: START is still down, and
        the first pulse is not to find memory full.
        """
        session = self._session
        if session.state == "ARMED" and self._outputs.armed:
            return True
        return (
            not self._display.busy
            and not self._keys.busy
            and self._outputs.armed == session.armed
            and (not session.pulsing or session.timers.left_ms > _ROUNDS_OF_COLLECTING_MS)
        )

    def _time_shows(self, session):
        """Has time alone changed the screen? In therapy a whole one is built only then."""
        glance, self._glance = self._glance, session.glance if session.pulsing else None
        return glance is None or glance != self._glance

    def _alive(self):
        """The one place that says the device is well: a whole round of checks has been made, and
        who found something wrong has been heard.
        """
        if self._outputs.armed and not self._inputs.output_fault:
            self._guard.reload()
        self._watchdog.feed()

    def _read(self):
        """Fill the inputs from pins, guard, engine and supply."""
        inputs, device, levels, outputs = self._inputs, self._device, self._levels, self._outputs
        levels.read()
        inputs.loop_open = levels.loop_open
        inputs.output_fault = outputs.fault(levels) if outputs.armed else ""
        inputs.output_channel = outputs.channel
        inputs.train_started = not outputs.waiting or outputs.started()
        inputs.usb_power = device.usb_power = levels.usb_power
        if self._rounds >= self._supply_due:
            self._read_supply(inputs)
            levels.look_for_host()
        self._rounds += 1
        if levels.pressed or self._keys.busy:
            self._read_keys(device.now_ms, levels.pressed)

    def _read_keys(self, now_ms, levels):
        """What the buttons just did; asked only while one is down or has just been. The last
        such round leaves nothing set.
        """
        session, inputs = self._device.session, self._inputs
        inputs.pressed = inputs.held = ""
        # Not debounced: STOP only ever lowers
        inputs.stop_down = bool(levels & self._stop_bit)
        found = self._keys.step(now_ms, levels, inputs)
        if found:
            self._kept(self._device.record_bounded("button_stuck", {"button": found}))
            self._buzzer.play("warning", now_ms)
        elif inputs.pressed:
            self._buzzer.play("press", now_ms)
        session.show_stuck(self._keys.stuck)
        session.show_bar(self._bar(session, now_ms))

    def _bar(self, session, now_ms):
        """How far the hold of a button that means something has come, in steps of the bar; 0 for
        a short press and once it has counted.
        """
        for name in _ACCEPTING if self._device.offers else session.holds:
            held_ms = self._keys.holding_ms(name, now_ms)
            if _BAR_FROM_MS <= held_ms < HOLD_MS:
                return screens.BAR_STEPS * held_ms // HOLD_MS
        return 0

    def _read_supply(self, inputs):
        """Supply and temperature, between the pulses: pulses of 100 a second may keep step with
        the rounds, so it waits for a gap. A converter that does not answer is a fault, and so is a
        pulse that does not end.
        """
        sensing, places = self._hal.sensing, self._hal.engine.places
        unended = sensing.unended
        for _ in range(_GAP_TRIES):
            millivolts = sensing.supply_mv(places)
            celsius = sensing.temperature_c(places)
            if sensing.unended != unended:
                # Asked again in the next round: it is a fault as long as it lasts
                inputs.output_fault = inputs.output_fault or "no_measurement"
                return
            if millivolts != _IN_PULSE and celsius is not None:
                self._rounds_in_pulse = 0
                self._supply_due = self._rounds + _SUPPLY_EVERY
                self._judge_supply(inputs, millivolts, celsius)
                return
            self._hal.clock.sleep_us(_GAP_US)
        self._rounds_in_pulse += 1
        if self._rounds_in_pulse >= _ROUNDS_IN_PULSE and not inputs.output_fault:
            inputs.output_fault = self._outputs.endless_pulse()

    def _judge_supply(self, inputs, millivolts, celsius):
        device = self._device
        device.supply_mv, device.temperature_c = millivolts, celsius
        # None: the board does not measure it, which only one without an output stage may.
        inputs.supply_ok = (
            millivolts is None
            or device.board["SUPPLY_MIN_MV"] <= millivolts <= device.board["SUPPLY_MAX_MV"]
        )
        inputs.temperature_ok = limits.DIE_C[0] <= celsius <= limits.DIE_C[1]

    def _changed(self, state, reason):
        """A new state: the scratch register that survives a reset; what is still held down has
        done its work. A session begins with all memory that there is.
        """
        self._state = state
        if state == "ARMED":
            self._screens = _SCREENS_KEPT
        self._hal.remember(interlock.scratch_word(STATES.index(state), reason))
        self._keys.spend()

    def _note(self, session, now_ms):
        """Journal what happened; amplitude changes once they have settled; erase ahead only
        while disarmed.
        """
        if session.event:
            name, fields = session.event
            if name == "amplitude":
                self._amplitude = (now_ms + _AMPLITUDE_QUIET_MS, fields)
            else:
                self._flush_amplitude()
                self._write(name, self._with_totals(name, fields))
        elif self._amplitude and now_ms >= self._amplitude[0]:
            self._flush_amplitude()
        elif not self._outputs.armed and not session.armed:
            self._device.journal.erase_ahead()

    def _with_totals(self, name, fields):
        if records.totalled(name):
            fields = dict(fields)
            fields.update(self._outputs.totals())
        return fields

    def _flush_amplitude(self):
        if self._amplitude:
            _, fields = self._amplitude
            self._amplitude = None
            self._write("amplitude", fields)
