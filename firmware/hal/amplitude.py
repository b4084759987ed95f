"""Amplitude: one PWM a channel, filtered on the board into the set point of its current source. Starts at 0.

The driver clamps once more, whatever it is told, and always rounds down: 4096 steps of full scale, 30.5 kHz.
"""

from machine import PWM, Pin
from micropython import const

from hal import regs

_PWM = const(0x40050000)  # 20 bytes a slice: CSR DIV CTR CC TOP
_STEPS = const(4_096)


class Amplitude:
    """`set(channel_index, ua)`. `full_scale_ua` is the current at 100 % duty, `max_ua` the board's ceiling."""

    def __init__(self, pins, full_scale_ua, max_ua):
        self._max_ua = max_ua
        self._full_scale_ua = full_scale_ua
        gpios = [pins[role][0] for role in ("CH1_AMP", "CH2_AMP")]
        self._pwm = [PWM(Pin(gpio), freq=30_518, duty_u16=0) for gpio in gpios]  # claims pins and slices
        self._shift = [16 * (gpio & 1) for gpio in gpios]
        self._counter_compare = [_PWM + 20 * (gpio >> 1 & 7) + 12 for gpio in gpios]
        self._together = self._counter_compare[0] == self._counter_compare[1]  # both channels in one register
        self._steps = [0, 0]
        for address in self._counter_compare:
            regs.write(address, 0)
            regs.write(address + 4, _STEPS - 1)

    def set(self, index, ua):
        """Current of a channel in uA, clamped to 0..max_ua. Allocates nothing."""
        self._steps[index] = min(max(ua, 0), self._max_ua) * _STEPS // self._full_scale_ua
        word = self._steps[index] << self._shift[index]
        if self._together:
            word |= self._steps[1 - index] << self._shift[1 - index]
        regs.write(self._counter_compare[index], word)

    def off(self):
        """Both channels to 0."""
        self.set(0, 0)
        self.set(1, 0)

    def read_back_ua(self, index):
        """What the hardware holds, in uA."""
        steps = regs.read(self._counter_compare[index]) >> self._shift[index] & 0xFFFF
        return steps * self._full_scale_ua // _STEPS
