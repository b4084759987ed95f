"""PWM in closed form: counters are computed when somebody asks, edges are not emitted one by one.

The emulator's own PWM runs three Python alarms a period and slice: at 60 kHz that alone is slower
than real time. Here a pin that carries pulses reads as 1 while its duty is above 0, and `duty`
gives the exact ratio to the load model. Compare and top values are taken over at the end of a
period, as on the chip. PWM requests for DMA are not modelled.
"""

from collections.abc import Callable

from rp2040py.irq import IRQ
from rp2040py.peripherals.peripheral import BasePeripheral
from rp2040py.rp2040 import RP2040

CLOCK_NS = 8
_CSR, _DIV, _CTR, _CC, _TOP = 0x00, 0x04, 0x08, 0x0C, 0x10
_SLICE_BYTES, _EN, _INTR, _INTE, _INTF, _INTS = 0x14, 0xA0, 0xA4, 0xA8, 0xAC, 0xB0
_CSR_EN, _CSR_PH_CORRECT, _CSR_A_INV, _CSR_B_INV = 1, 2, 4, 8
# Peripherals decode words: an address that DMA or a core gone astray has made odd is its word's
_WORD = ~3
_RESET = {_CSR: 0, _DIV: 0x10, _CC: 0, _TOP: 0xFFFF}


class _Slice:
    """One PWM slice: what was written, what is in force, and when its counter was at 0."""

    def __init__(self, pwm: "Pwm", index: int):
        self.pwm, self.index = pwm, index
        self._wrap = pwm.rp2040.clock.create_alarm(self._on_wrap)
        self.reset()

    def reset(self) -> None:
        self._wrap.cancel()
        self.written = dict(_RESET)
        self.cc, self.top = 0, 0xFFFF
        # When the counter was 0, in 1/16 clocks
        self._zero_sixteenths = 0
        self._held_count = 0

    @property
    def enabled(self) -> bool:
        return bool(self.written[_CSR] & _CSR_EN)

    def _step_sixteenths(self) -> int:
        return (self.written[_DIV] & 0xFFF) or 0x1000

    def _period_steps(self) -> int:
        return max(1, 2 * self.top) if self.written[_CSR] & _CSR_PH_CORRECT else self.top + 1

    def _steps(self) -> int:
        return (
            (self.pwm.clocks * 16 - self._zero_sixteenths)
            // self._step_sixteenths()
            % self._period_steps()
        )

    def count(self) -> int:
        steps = self._steps() if self.enabled else self._held_count
        return steps if steps <= self.top else 2 * self.top - steps

    def set_count(self, value: int) -> None:
        self._held_count = value
        self._zero_sixteenths = self.pwm.clocks * 16 - value * self._step_sixteenths()

    def write(self, register: int, value: int) -> None:
        if register == _CTR:
            self.set_count(value & 0xFFFF)
            return
        was_enabled, before = self.enabled, self.written[register]
        count = self.count() if register in (_CSR, _DIV) else 0
        self.written[register] = value
        if register in (_CSR, _DIV):
            self.set_count(count)
        if not self.enabled or not was_enabled:
            self._take_over()
            if self.enabled and self.pwm.wants_wrap(self.index):
                self.schedule_wrap()
        # Most often firmware writes what is there
        elif register in (_CC, _TOP) and value != before:
            self.schedule_wrap()

    def schedule_wrap(self) -> None:
        left = self._period_steps() - self._steps()
        self._wrap.schedule(left * self._step_sixteenths() * CLOCK_NS / 16)

    def _take_over(self) -> None:
        count = self.count()
        self.cc, self.top = self.written[_CC], self.written[_TOP] & 0xFFFF
        self.set_count(count if count <= self.top else 0)
        self.pwm.outputs_changed(self.index)

    def _on_wrap(self) -> None:
        self._take_over()
        if self.enabled and self.pwm.wants_wrap(self.index):
            self.pwm.wrapped(self.index)
            self.schedule_wrap()

    def duty(self, output: int) -> float:
        """Ratio 0.0 to 1.0 of output 0 (A) or 1 (B)."""
        compare = self.cc >> (16 * output) & 0xFFFF
        if self.enabled:
            ratio = min(1.0, compare / (self.top + 1))
        else:
            ratio = float(self._held_count < compare)
        return 1.0 - ratio if self.written[_CSR] & (_CSR_B_INV if output else _CSR_A_INV) else ratio


class Pwm(BasePeripheral):
    """The eight slices behind their registers; takes the place of rp2040.pwm."""

    def __init__(self, rp2040: RP2040):
        super().__init__(rp2040, "PWM_BASE")
        self._raw = self._enable = self._force = 0
        self.gpio_direction = 0xFFFFFFFF
        # Bit n: GPIO n carries a duty above 0
        self.gpio_value = 0
        # Called with a GPIO whose duty may have changed
        self.on_change: Callable[[int], None] | None = None
        self.slices = [_Slice(self, index) for index in range(8)]

    @property
    def clocks(self) -> int:
        return int(self.rp2040.clock.nanos // CLOCK_NS)

    def duty(self, gpio: int) -> float:
        """Ratio that a GPIO carries when its function is PWM."""
        return self.slices[gpio >> 1 & 7].duty(gpio & 1)

    def wants_wrap(self, index: int) -> bool:
        return bool(self._enable >> index & 1)

    def wrapped(self, index: int) -> None:
        self._raw |= 1 << index
        self._update_interrupt()

    def outputs_changed(self, index: int) -> None:
        carries = [int(self.slices[index].duty(output) > 0) for output in (0, 1)]
        for gpio in (2 * index, 2 * index + 1, 2 * index + 16, 2 * index + 17):
            if gpio < 30:
                bit = carries[gpio & 1] << gpio
                if self.gpio_value & 1 << gpio != bit:
                    self.gpio_value ^= 1 << gpio
                    self.rp2040.gpio[gpio].check_for_updates()
                if self.on_change:
                    self.on_change(gpio)

    def gpio_on_input(self, index: int) -> None:
        """Counting of pulses on a B pin is not modelled; the emulator calls this for every PWM pin
        that changes.
        """

    def reset(self) -> None:
        self._raw = self._enable = self._force = 0
        for index, one in enumerate(self.slices):
            one.reset()
            self.outputs_changed(index)
        self._update_interrupt()

    def read_uint32(self, offset: int) -> int:
        offset &= _WORD
        if offset < _EN:
            one, register = self.slices[offset // _SLICE_BYTES], offset % _SLICE_BYTES
            return one.count() if register == _CTR else one.written[register]
        if offset == _EN:
            return sum(one.enabled << one.index for one in self.slices)
        status = self._raw & self._enable | self._force
        return {_INTR: self._raw, _INTE: self._enable, _INTF: self._force, _INTS: status}.get(
            offset, 0
        )

    def write_uint32(self, offset: int, value: int) -> None:
        offset &= _WORD
        if offset < _EN:
            self.slices[offset // _SLICE_BYTES].write(offset % _SLICE_BYTES, value)
        elif offset == _EN:
            for one in self.slices:
                one.write(_CSR, one.written[_CSR] & ~_CSR_EN | value >> one.index & 1)
        elif offset == _INTR:
            self._raw &= ~value
        elif offset == _INTE:
            self._set_enable(value & 0xFF)
        elif offset == _INTF:
            self._force = value & 0xFF
        self._update_interrupt()

    def _set_enable(self, mask: int) -> None:
        started, self._enable = mask & ~self._enable, mask
        for one in self.slices:
            if started >> one.index & 1 and one.enabled:
                one.schedule_wrap()

    def _update_interrupt(self) -> None:
        self.rp2040.set_interrupt(IRQ.PWM_WRAP, bool(self._raw & self._enable | self._force))
