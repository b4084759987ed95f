"""The clocks of the reference model in which a divided state machine runs."""

from reference_machine import FOREVER


class Ticks:
    """Clocks in which a divided machine runs: every `divider` clocks, fractions carried over
    (3.5.5).

    The first tick ends the first division period; a fraction lengthens a period once it adds up to
    a clock.
    """

    def __init__(self, config):
        # In 1/256 clocks, as all here
        self.period = config.divider_int * 256 + config.divider_256ths
        self.next = self.period - 256

    def clock_of(self, ticks):
        """Clock of the tick that is `ticks` after the next one."""
        return FOREVER if ticks == FOREVER else (self.next + ticks * self.period) >> 8

    def take(self, ticks):
        """Move past so many ticks."""
        self.next += ticks * self.period

    def take_before(self, clock):
        """Count the ticks before `clock` and move past them."""
        taken = max(0, -(-(clock * 256 - self.next) // self.period))
        self.next += taken * self.period
        return taken
