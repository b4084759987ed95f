"""Three LEDs and the buzzer, as far as the board has them."""

from machine import PWM, Pin
from micropython import const

_BEEP_HZ = const(2_700)
_HALF_DUTY = const(32_768)


class Indicators:
    """`lights(ready, output, fault)` sets green, yellow, red; `beep(on)` the buzzer."""

    def __init__(self, pins):
        roles = ("LED_READY", "LED_OUTPUT", "LED_FAULT")
        self._leds = [(i, Pin(pins[role][0], Pin.OUT, value=0)) for i, role in enumerate(roles) if role in pins]
        self._buzzers = [PWM(Pin(pins[role][0]), freq=_BEEP_HZ, duty_u16=0) for role in ("BUZZER",) if role in pins]

    def lights(self, *ready_output_fault):
        """Set the LEDs, each by its truth."""
        for i, led in self._leds:
            led.value(ready_output_fault[i])

    def flash(self, on):
        """Red on or off, whatever it was."""
        for i, led in self._leds[-1:]:
            led.value(on)

    def beep(self, on):
        """Buzzer on or off."""
        for buzzer in self._buzzers:
            buzzer.duty_u16(_HALF_DUTY if on else 0)
