"""Amplitude: one PWM a channel, filtered on the board into the set point of its current source.
Starts at 0.

While trains run the hardware latches a new amplitude itself, a settling time before each pulse: the
pulse machine pushes, and two DMA channels in turn take the push and copy one word into the PWM. So
a change never lands inside a pulse. The driver clamps once more, whatever it is told, and always
rounds down: 4096 steps of full scale, 30.5 kHz.
"""

import time
from array import array

from machine import PWM, Pin
from micropython import const
from uctypes import addressof

from hal import dma, regs
from hal.pins import of_channels

_STEPS = const(4_096)
# Two and a half: a compare value counts from the next one on
_PERIODS_US = const(80)
# DREQ_PIO0_RX0
_PACED_BY_RX = const(4)
_UNPACED = const(0x3F)


class _Latch:
    """Copies a word into a PWM register each time a pulse machine pushes. `words`: that word,
    its complement, and the two that may still stand.
    """

    def __init__(self, machine, target):
        self.words = array("i", [0, -1, 0, 0])
        self.target = target
        self._sink = array("I", [0])
        self._pair = dma.Pair()
        self.controls = self._pair.controls
        # Addresses that never change
        self.fixed = [base + at for base in self._pair.base for at in (dma.READ, dma.WRITE)]
        # The channel that takes, and the one that copies: from, to, what paces it
        self._routes = (
            (regs.PIO_RXF0 + 4 * machine, addressof(self._sink), _PACED_BY_RX + machine),
            (addressof(self.words), target, _UNPACED),
        )

    def ask(self, word):
        """Let this word be copied at the next push."""
        words = self.words
        words[3] = regs.read(self.target)
        # The register may take it over at any moment
        words[2] = words[0]
        words[0] = word
        words[1] = ~word

    def start(self):
        """Wait for pushes from now on: take, copy, take, copy …"""
        for i in (1, 0):
            source, destination, request = self._routes[i]
            base, control = self._pair.base[i], self._pair.control(i, dma.ONE_WORD, request)
            regs.write(base + dma.CTRL, control)
            regs.write(base + dma.READ, source)
            regs.write(base + dma.WRITE, destination)
            regs.write(base + dma.COUNT, 1)
        regs.write(base + dma.CTRL_TRIGGER, control)

    def stop(self):
        """No further word is copied."""
        self._pair.stop()


class Amplitude:
    """`follow()` when trains start, `set(channel_index, ua)` at any time, `off()` at once. Nothing
    is given before `allow`: where code runs astray into `set`, no more than the caps in force.

    `corrected_ua(ua, gain, offset_ua)` says what to set for `ua` to come out; `calibration` has
    (gain, offset_ua) a channel.
    """

    def __init__(self, pins, full_scale_ua, max_ua, corrected_ua, calibration):
        self._max_ua = max_ua
        self._full_scale_ua = full_scale_ua
        self._corrected_ua = corrected_ua
        self._gains = [gain for gain, _ in calibration]
        self._offsets_ua = [offset_ua for _, offset_ua in calibration]
        self._caps_ua = [0 for _ in calibration]
        gpios = of_channels(pins, "AMP")
        # Claims pins and slices
        self._pwm = [PWM(Pin(gpio), freq=30_518, duty_u16=0) for gpio in gpios]
        self._gpios = gpios
        self._pads = sum([1 << gpio for gpio in gpios])
        self.slices = [gpio >> 1 & 7 for gpio in gpios]
        self.shift = [16 * (gpio & 1) for gpio in gpios]
        self.compare = [regs.PWM + 20 * number + 12 for number in self.slices]
        self.latches = [_Latch(i, self.compare[i]) for i in range(len(gpios))]
        for address in self.compare:
            regs.write(address, 0)
            regs.write(address + 4, _STEPS - 1)

    def follow(self):
        """From 0, let the pulse machines latch what `set` asks for."""
        self.off()
        for latch in self.latches:
            latch.start()

    def calibrate(self, index, gain, offset_ua):
        """A channel's calibration from the next `set` on. Only while disarmed: a current that
        stands is not changed.
        """
        self._gains[index] = gain
        self._offsets_ua[index] = offset_ua

    def allow(self, caps_ua):
        """The most that `set` gives of each channel from now on, in uA that flow."""
        for i in range(len(self._caps_ua)):
            self._caps_ua[i] = min(caps_ua[i], self._max_ua)

    def set(self, index, ua):
        """Current of a channel in uA from its next pulse on: no more than its cap, corrected,
        clamped to 0..max_ua. 0 is 0. Allocates nothing.
        """
        ua = min(ua, self._caps_ua[index])
        if ua > 0:
            ua = self._corrected_ua(ua, self._gains[index], self._offsets_ua[index])
        steps = min(max(ua, 0), self._max_ua) * _STEPS // self._full_scale_ua
        self.latches[index].ask(steps << self.shift[index])

    def numbers(self, into, at):
        """Write the ten numbers that a current is worked out with: they stand while armed, the
        last two from power-on.
        """
        last = len(self._gains) - 1
        into[at], into[at + 1] = self._max_ua, self._full_scale_ua
        into[at + 2], into[at + 3] = self._gains[0], self._offsets_ua[0]
        into[at + 4], into[at + 5] = self._gains[last], self._offsets_ua[last]
        into[at + 6], into[at + 7] = self._caps_ua[0], self._caps_ua[last]
        into[at + 8], into[at + 9] = self.shift[0], self.shift[last]

    def follows(self):
        """How many of all pads do not follow their PWM to full scale and back to 0. Only with
        the outputs cut off.
        """
        wrong = 0
        for address, shift, pad in zip(self.compare, self.shift, self._gpios):
            for steps, level in ((_STEPS, 1), (0, 0)):
                regs.write(address, steps << shift)
                time.sleep_us(_PERIODS_US)
                wrong += regs.read(regs.GPIO_IN) >> pad & 1 != level
        return wrong

    def reads_back(self):
        """What stands in the PWM registers, and how often of 64 times a pad is seen high: 0
        while the amplitude is 0.
        """
        seen = sum(regs.read(address) for address in self.compare)
        for _ in range(64):
            seen += bool(regs.read(regs.GPIO_IN) & self._pads)
        return seen

    def off(self):
        """Every channel to 0, now."""
        for latch in self.latches:
            latch.ask(0)
            latch.stop()
        for address in self.compare:
            regs.write(address, 0)
