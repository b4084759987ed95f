"""Three LEDs and the buzzer, as far as the board has them."""

from machine import PWM, Pin
from micropython import const

_FIRST_HZ = const(2_700)
_HALF_DUTY = const(32_768)


class _Nothing:
    """Where the board has no LED, or no buzzer."""

    def value(self, on):
        """No LED to set."""

    def duty_u16(self, duty):
        """No buzzer to sound."""

    def freq(self, hertz):
        """No buzzer to tune."""


class Indicators:
    """`lights(ready, output, fault)` sets green, yellow, red; `beep(on, hertz)` the buzzer."""

    def __init__(self, pins):
        roles = ("LED_READY", "LED_OUTPUT", "LED_FAULT")
        self._leds = [
            Pin(pins[role][0], Pin.OUT, value=0) if role in pins else _Nothing() for role in roles
        ]
        self._buzzer = (
            PWM(Pin(pins["BUZZER"][0]), freq=_FIRST_HZ, duty_u16=0)
            if "BUZZER" in pins
            else _Nothing()
        )

    def lights(self, ready, output, fault):
        """Set the three LEDs."""
        self._leds[0].value(ready)
        self._leds[1].value(output)
        self._leds[2].value(fault)

    def flash(self, on):
        """Red on or off, whatever it was."""
        self._leds[2].value(on)

    def beep(self, on, hertz):
        """Buzzer on, in this tone, or off."""
        if on:
            self._buzzer.freq(hertz)
        self._buzzer.duty_u16(_HALF_DUTY if on else 0)
