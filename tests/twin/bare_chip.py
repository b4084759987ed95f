"""A chip with no firmware for tests: PIO programs go straight into PIO registers, the CPU sleeps.
Opcodes from datasheet 3.4.
"""

from evenpulse.emulator.chip import Chip

PIO = (0x50200000, 0x50300000)
# Atomic aliases
SET, CLEAR = 0x2000, 0x3000
CTRL, FDEBUG, FLEVEL, TXF0, IRQ = 0x00, 0x08, 0x0C, 0x10, 0x30
SHIFTCTRL, SM_ADDR = 0xD0, 0xD4
FJOIN_TX, FJOIN_RX = 1 << 30, 1 << 31
IO_BANK0, PADS_BANK0, RESETS = 0x40014000, 0x4001C000, 0x4000C000
DMA, PWM, ADC, WATCHDOG, SIO = 0x50000000, 0x40050000, 0x4004C000, 0x40058000, 0xD0000000
ALWAYS, NOT_X, X_DEC, NOT_Y, Y_DEC, X_NE_Y, PIN, NOT_OSRE = range(8)
PINS, X, Y, NULL, PINDIRS, PC, ISR, OSR = range(8)
GPIO, PIN_BASE, IRQ_FLAG = range(3)


def jmp(address, condition=ALWAYS, delay=0, side=0):
    return delay << 8 | side << 8 | condition << 5 | address


def wait(polarity, source, index, delay=0):
    return 0x2000 | delay << 8 | polarity << 7 | source << 5 | index


def in_(source, bits, delay=0):
    return 0x4000 | delay << 8 | source << 5 | bits & 31


def out(destination, bits, delay=0):
    return 0x6000 | delay << 8 | destination << 5 | bits & 31


def push(block=True):
    return 0x8000 | block << 5


def pull(block=True, delay=0):
    return 0x8080 | delay << 8 | block << 5


def mov(destination, source, op=0):
    return 0xA000 | destination << 5 | op << 3 | source


def irq(index, clear=False, wait=False, delay=0):
    return 0xC000 | delay << 8 | clear << 6 | wait << 5 | index


def set_(destination, value, delay=0, side=0):
    return 0xE000 | delay << 8 | side << 8 | destination << 5 | value


class BareChip:
    """`python_loop` chooses the run loop; `pulls` are the board's resistors."""

    def __init__(self, python_loop=False, pulls=None, silicon_time=False):
        self.chip = Chip(pulls or {}, python_loop=python_loop, silicon_time=silicon_time)
        self.rp2040, self.loop, self.pads = self.chip.rp2040, self.chip.loop, self.chip.pads
        self.rp2040.core.waiting = True

    def write(self, address, value):
        self.rp2040.write_uint32(address, value)

    def read(self, address):
        return self.rp2040.read_uint32(address)

    def load(self, block, words, at=0):
        for place, word in enumerate(words, at):
            self.write(PIO[block] + 0x48 + 4 * place, word)

    def machine(
        self,
        block,
        index,
        *,
        pc=0,
        wrap=(0, 31),
        divider=1.0,
        set_pins=(0, 0),
        out_pins=(0, 0),
        in_base=0,
        side=(0, 0),
        side_optional=False,
        shift=0x000C0000,
        jmp_pin=0,
    ):
        """Set one machine up as pio_sm_init would; pins are (base, count)."""
        base = PIO[block] + 0xC8 + 0x18 * index
        self.write(base, int(divider * 256) << 8)
        self.write(base + 4, side_optional << 30 | jmp_pin << 24 | wrap[1] << 12 | wrap[0] << 7)
        self.write(base + 8, shift)
        self.write(
            base + 0x14,
            (side[1] + side_optional) << 29
            | set_pins[1] << 26
            | out_pins[1] << 20
            | in_base << 15
            | side[0] << 10
            | set_pins[0] << 5
            | out_pins[0],
        )
        self.write(base + 0x10, jmp(pc))

    def execute(self, block, index, opcode):
        self.write(PIO[block] + 0xD8 + 0x18 * index, opcode)

    def enable(self, block, mask):
        self.write(PIO[block] + CTRL, mask)

    def put(self, block, index, *words):
        for word in words:
            self.write(PIO[block] + TXF0 + 4 * index, word)

    def drive(self, block, *gpios):
        """Give pins to a PIO block, input enabled, as outputs of it."""
        for gpio in gpios:
            self.write(IO_BANK0 + 8 * gpio + 4, 6 + block)
        self.rp2040.pio[block].pin_directions |= sum(1 << gpio for gpio in gpios)
        for gpio in gpios:
            self.rp2040.gpio[gpio].check_for_updates()

    def run(self, clocks):
        self.loop.run_to(self.loop.now + clocks)

    def edges(self, *gpios):
        """(clock, gpio, level) of these pins, all where none is named."""
        return [edge for edge in self.pads.edges if not gpios or edge[1] in gpios]
