"""The law of a program's strength over time: ramps and on/off, for the current or for the phase
duration. Pure: the time is passed in.
"""


class Ramp:
    """Share of the patient's amplitude over a train: ramps and on/off, all of it.

    `down_ms` is the ramp to the end; `pulsates` is True with on/off: then the share never settles.
    """

    def __init__(self, program):
        self._up_ms = program.get("ramp_up_ms", 0)
        self.down_ms = program.get("ramp_down_ms", 0)
        self._on_ms = program.get("on_ms", 0)
        # 0: no on/off
        self._cycle_ms = self._on_ms + program.get("off_ms", 0) if self._on_ms else 0
        self.pulsates = bool(self._on_ms)

    def numbers(self, into, at):
        """Write the five numbers of this law; they stand as long as it does."""
        into[at], into[at + 1], into[at + 2] = self._up_ms, self.down_ms, self._on_ms
        into[at + 3], into[at + 4] = self._cycle_ms, self.pulsates

    def stage(self, ms):
        """Where a train stands `ms` after its start: "ramp_up", "on", "ramp_down" or "off"."""
        # Not by `_on_ms`: a flipped bit there is told, not divided by
        if self._cycle_ms:
            ms %= self._cycle_ms
            if ms >= self._on_ms:
                return "off"
            if ms > self._on_ms - self.down_ms:
                return "ramp_down"
        return "on" if ms >= self._up_ms else "ramp_up"

    def permille(self, ms):
        """0 to 1000, `ms` after the start of the train.

        Without on/off the train ramps up once and stays; with it every on time ramps up, holds,
        ramps down.
        """
        if self._cycle_ms:
            ms %= self._cycle_ms
            if ms >= self._on_ms:
                return 0
            if ms > self._on_ms - self.down_ms:
                return 1_000 * (self._on_ms - ms) // self.down_ms
        return 1_000 if ms >= self._up_ms else 1_000 * ms // self._up_ms
