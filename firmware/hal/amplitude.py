"""Amplitude: one PWM a channel, filtered on the board into the set point of its current source. Starts at 0.

The driver clamps once more, whatever it is told, and can only be told integers of uA.
"""

from machine import PWM, Pin
from micropython import const

_PWM_HZ = const(30_000)
_DUTY_MAX = const(65_535)


class Amplitude:
    """`set(channel_index, ua)`. `full_scale_ua` is the current at 100 % duty, `max_ua` the board's ceiling."""

    def __init__(self, pins, full_scale_ua, max_ua):
        self._max_ua = max_ua
        self._full_scale_ua = full_scale_ua
        self._pwm = [PWM(Pin(pins[role][0]), freq=_PWM_HZ, duty_u16=0) for role in ("CH1_AMP", "CH2_AMP")]
        self._duty = [0, 0]

    def set(self, index, ua):
        """Current of a channel in uA, clamped to 0..max_ua; rounds down."""
        ua = min(max(ua, 0), self._max_ua)
        # 100 000 uA * 65 535 leaves 30 bits: scale in two steps, and never round up.
        duty = ua * 8_192 // self._full_scale_ua * 8
        if duty != self._duty[index]:
            self._duty[index] = duty
            self._pwm[index].duty_u16(min(duty, _DUTY_MAX))

    def off(self):
        """Both channels to 0."""
        self.set(0, 0)
        self.set(1, 0)

    def read_back(self, index):
        """Duty the hardware holds, 0..65535."""
        return self._pwm[index].duty_u16()
