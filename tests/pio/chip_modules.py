"""MicroPython's modules, as drivers on a table of registers import them."""

import types

# Before stand-ins are in place: they must stay the same modules for everybody.
import app.device  # noqa: F401
import stimcore.board_facts
import stimcore.screens  # noqa: F401

GPIO_IN = 0xD0000004
# ms, then they begin again
TICKS = 1 << 30


def modules(chip):
    """MicroPython's modules on this chip."""

    class Dma:
        _made = 0

        def __init__(self):
            self.channel = Dma._made
            Dma._made += 1

        def irq(self, handler, hard):
            chip.irqs.append((f"dma {self.channel}", handler))
            chip.irq_ways.append((hard, None))

    class Pio:
        IN_LOW, IN_HIGH, OUT_LOW, OUT_HIGH = range(4)
        SHIFT_LEFT, SHIFT_RIGHT = 0, 1
        JOIN_NONE, JOIN_TX, JOIN_RX = 0, 1, 2
        IRQ_SM0 = 0x100

        def __init__(self, block):
            self._block = block

        def irq(self, handler, trigger, hard):
            chip.irqs.append((f"pio {self._block}", handler))
            chip.irq_ways.append((hard, trigger))

    class StateMachine:
        def __init__(self, number):
            self._number = number

        def irq(self, handler, trigger, hard):
            chip.irqs.append((f"machine {self._number}", handler))
            chip.irq_ways.append((hard, trigger))

    class Flash:
        """The storage area behind the program."""

        def __init__(self, start=0, len=0):
            self._start, self._size = 0x100000 + start, len

        def readblocks(self, block, data, offset):
            at = self._start + 4_096 * block + offset
            data[:] = chip.flash[at : at + len(data)]

        def writeblocks(self, block, data, offset):
            at = self._start + 4_096 * block + offset
            chip.flash[at : at + len(data)] = bytes(
                old & new for old, new in zip(chip.flash[at : at + len(data)], data, strict=True)
            )

        def ioctl(self, what, block):
            assert what == 6
            at = self._start + 4_096 * block
            chip.flash[at : at + 4_096] = b"\xff" * 4_096

    class Pin:
        IN, OUT, OPEN_DRAIN, PULL_UP, PULL_DOWN = range(5)

        def __init__(self, gpio, mode=IN, pull=None, value=None):
            self.gpio, self.level = gpio, value
            chip.pins_made[gpio] = (self, mode, pull)

        def value(self, level=None):
            if level is None:
                return chip.load(GPIO_IN) >> self.gpio & 1
            self.level = level
            return None

    class Pwm:
        def __init__(self, pin, freq, duty_u16):
            self.hz, self.duty = freq, duty_u16
            chip.pins_made[pin.gpio] = (self, "pwm", None)

        def freq(self, hertz):
            self.hz = hertz

        def duty_u16(self, duty):
            self.duty = duty

    class I2c:
        def __init__(self, *_, **__):
            self.sent, self.broken = [], False
            chip.i2c = self

        def writeto(self, address, data):
            if self.broken:
                raise OSError(5)
            self.sent.append((address, bytes(data)))

    class Adc:
        CORE_TEMP = 4

        def __init__(self, pin):
            pass

    class Poll:
        def register(self, *_):
            pass

        def poll(self, _):
            return []

    def advance(us):
        chip.now_us += int(us)

    def ticks_us():
        chip.now_us += 5
        return chip.now_us

    def masked():
        was, chip.masked = chip.masked, True
        return was

    def enable(was):
        chip.masked = was

    machine = {
        "Pin": Pin,
        "PWM": Pwm,
        "I2C": I2c,
        "ADC": Adc,
        "disable_irq": masked,
        "enable_irq": enable,
        "unique_id": lambda: b"\xe6\x60",
        "reset": lambda: chip.resets.append("reset"),
        "bootloader": lambda: chip.resets.append("bootloader"),
        "reset_cause": lambda: chip.cause,
        "PWRON_RESET": 1,
        "WDT_RESET": 3,
        "freq": lambda: 125_000_000,
        "WDT": lambda timeout: types.SimpleNamespace(feed=lambda: None, timeout=timeout),
    }
    chip.cause = 1
    return {
        "machine": machine,
        "_rp2": {"PIO": Pio, "DMA": Dma, "StateMachine": StateMachine, "Flash": Flash},
        "uctypes": {
            "addressof": chip.address_of,
            "bytearray_at": lambda at, n: (chip.flash if at < 0x20000000 else chip.sram)[
                at & 0xFFFFFFF : (at & 0xFFFFFFF) + n
            ],
        },
        "select": {"poll": Poll, "POLLIN": 1},
        "time": {
            "sleep_us": advance,
            "sleep_ms": lambda ms: advance(1_000 * ms),
            "ticks_us": ticks_us,
            "ticks_ms": lambda: chip.now_us // 1_000 % TICKS,
            "ticks_diff": lambda a, b: (a - b + TICKS // 2) % TICKS - TICKS // 2,
        },
    }
