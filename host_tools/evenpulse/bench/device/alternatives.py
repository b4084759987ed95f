# On the device, in service mode: the same train as people write it in MicroPython. Each as good as
# its means allow.
import time

from machine import PWM, Pin, Timer


class Legs:
    """Two plain pins."""

    def __init__(self, a, b, phase_us, gap_us):
        self.a, self.b = Pin(a, Pin.OUT, value=0), Pin(b, Pin.OUT, value=0)
        self.phase_us, self.gap_us = phase_us, gap_us
        self.pulses = 0

    def pulse(self, _=None):
        """One biphasic pulse. Also called from timers."""
        self.a.value(1)
        time.sleep_us(self.phase_us)
        self.a.value(0)
        time.sleep_us(self.gap_us)
        self.b.value(1)
        time.sleep_us(self.phase_us)
        self.b.value(0)
        self.pulses += 1


def by_sleep(legs, period_us, pulses, loaded):
    """time.sleep_us up to a deadline on ticks_us, so that errors do not add up."""
    due = time.ticks_us()
    for k in range(pulses):
        left = time.ticks_diff(due, time.ticks_us())
        if left > 0:
            time.sleep_us(left)
        legs.pulse()
        due = time.ticks_add(due, period_us)
        if loaded and k % 5 == 4:
            loads.one()


def by_timer(legs, period_us, pulses, loaded):
    """machine.Timer calls back once a period; the main program does the rest."""
    timer = Timer(period=period_us // 1000, mode=Timer.PERIODIC, callback=legs.pulse)
    end = time.ticks_add(time.ticks_ms(), pulses * period_us // 1000)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        if loaded:
            loads.one()
        time.sleep_ms(100)
    timer.deinit()


def by_pwm(pin, phase_us, rate_hz):
    """machine.PWM: a phase A alone, for ever; no phase B that follows a gap. What it wrote:
    divider in 1/16, top, compare.
    """
    from machine import mem32

    pwm = PWM(Pin(pin), freq=rate_hz, duty_ns=phase_us * 1000)
    base = 0x40050000 + 20 * (pin >> 1 & 7)
    compare = mem32[base + 12] >> 16 * (pin & 1) & 0xFFFF
    written = mem32[base + 4] & 0xFFF, mem32[base + 16] & 0xFFFF, compare
    pwm.deinit()
    print(*written)
