"""The current of each channel: what the patient asked for, times ramp and fade, under the cap. It
rises no faster than the slew limit, and every entry starts at 0. Pure: times are passed in.
"""

from stimcore import limits
from stimcore.ramp import Ramp
from stimcore.steps import Steps

STEP_UA = limits.STEP_UA_MAX
# A step of 1 mA takes 10 ms; full scale takes a second
SLEW_UA_PER_MS = 100


class Strength:
    """`begin` a session, `start` with its trains, `change` by a button, `move` once a round while
    `moving`. `ua`: current of each channel in uA; `set_ua`: what the patient asked for.
    """

    def __init__(self):
        # Currents or ramp may change without a button
        self.moving = False
        # When the trains began
        self.train_from_ms = 0
        # What ramp and fade left of the current at the last move
        self.permille = 0
        self.ua = [0, 0]
        self.set_ua = [0, 0]
        self.peak_ua = [0, 0]
        self.caps_ua = (0, 0)
        self.steps = Steps()
        # The currents are not yet what they shall be
        self._following = True
        self._ramp = None
        self._ramps_phase = False
        self._fade_end_ms = 0
        self._fades = False

    def zero(self):
        """No current, and none asked for."""
        for i in (0, 1):
            self.ua[i] = self.set_ua[i] = 0
        self._fades = False
        self.moving = self._following = True

    def begin(self, program):
        """A session of this program."""
        self.peak_ua[0] = self.peak_ua[1] = 0
        self._ramp = Ramp(program)
        self._ramps_phase = program.get("ramp") == "phase"

    def start(self, now_ms, gap_us):
        """The trains start. `gap_us`: the longest time between two pulses of the program."""
        self.train_from_ms = now_ms
        self.permille = 0
        self.steps.begin(gap_us)

    def numbers(self, into, at):
        """Write the seven numbers that stand while a session is armed."""
        into[at], into[at + 1] = self.caps_ua
        self._ramp.numbers(into, at + 2)

    def stands(self):
        """Between two rounds: is each current what was asked for, times ramp and fade, or on its
        way there? What no longer moves is all of it.
        """
        if not self.moving and (self.permille != 1_000 or self._ramp.pulsates):
            return False
        for i in (0, 1):
            wanted = min(self.set_ua[i] * self.permille // 1_000, self.caps_ua[i])
            if self.ua[i] != wanted and not self._following:
                return False
        return True

    def down_ms(self):
        """How long the ramp to the end takes."""
        return self._ramp.down_ms

    def stage(self, now_ms):
        """Where the trains stand in their ramp."""
        return self._ramp.stage(now_ms - self.train_from_ms)

    def change(self, step_ua, channels, chosen):
        """One step on those of a program's channels that are chosen (0: all), between 0 and the
        cap.
        """
        for channel in channels:
            if chosen in (0, channel):
                i = channel - 1
                self.set_ua[i] = min(max(self.set_ua[i] + step_ua, 0), self.caps_ua[i])
        self.moving = self._following = True

    def fade(self, now_ms, left_ms):
        """Ramp down to 0 from now on; without a ramp go there at once."""
        self._fades = True
        self._fade_end_ms = now_ms + min(self._ramp.down_ms, max(0, left_ms))
        self.moving = True

    def move(self, now_ms, elapsed):
        """Let the currents follow. True when a fade has come to its end."""
        # 0 until a trigger has come: the first pulse of every start is at 0
        train_ms = now_ms - self.train_from_ms
        permille = self._ramp.permille(train_ms) if train_ms else 0
        if self._ramps_phase and permille:
            # The ramp is in the phase duration; off times are still off
            permille = 1_000
        self.moving = permille != 1_000 or self._ramp.pulsates
        if self._fades:
            fade_ms = self._fade_end_ms - now_ms
            if fade_ms <= 0:
                return True
            permille = permille * fade_ms // self._ramp.down_ms
            self.moving = True
        if permille != self.permille or self._following:
            if not permille or not self.permille:
                self.steps.flow(now_ms, permille > 0)
            self.permille = permille
            self._following = False
            for i in (0, 1):
                self._follow(i, permille, elapsed)
        return False

    def _follow(self, i, permille, elapsed):
        wanted = min(self.set_ua[i] * permille // 1_000, self.caps_ua[i])
        self.ua[i] = min(wanted, self.ua[i] + elapsed * SLEW_UA_PER_MS)
        if self.ua[i] != wanted:
            self.moving = self._following = True
        if self.ua[i] > self.peak_ua[i]:
            self.peak_ua[i] = self.ua[i]
