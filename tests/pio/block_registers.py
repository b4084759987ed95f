"""What the firmware's drivers write into one PIO block, as the reference model wants it."""

from reference_machine import pin_write
from reference_pio import Config

PIO, PIO_BLOCK_BYTES = 0x50200000, 0x100000
# Offsets in a block
CTRL, TXF0, INSTR_MEM, SM0 = 0, 0x10, 0x48, 0xC8
CLKDIV, EXECCTRL, SHIFTCTRL, ADDR, INSTR, PINCTRL = range(0, 24, 4)
GPIO_CTRL, GPIO_CTRL_END, FUNC_PIO0 = 0x40014004, 0x400140F0, 6
WAIT, SET_PINS, SET_PINDIRS = 0x2000 >> 13, 0xE000 >> 5, 0xE080 >> 5
PULL_BLOCK, MOV_Y_OSR = 0x80A0, 0xA047
FIFO_WORDS = 4


class Registers(dict):
    """RP2040 registers, address -> value, of one PIO block. Remembers what a written instruction
    did at once (3.5.7).

    `latched`: a wait by machine, for the block to decide. `connected`: (pin, level, direction) when
    a pin became the block's. `levels`, `directions`: what the block's output registers hold, from
    whatever ran before. `osr`, `y`: of machines that pulled.
    """

    def __init__(self, levels=0, directions=0, block=0):
        super().__init__()
        self.base, self._function = PIO + PIO_BLOCK_BYTES * block, FUNC_PIO0 + block
        self.levels, self.directions, self.connected = levels, directions, []
        self.start_pc, self.latched, self.words = {}, {}, {n: [] for n in range(4)}
        self.osr, self.y = {}, {}

    def __missing__(self, address):
        return 0

    def __setitem__(self, address, value):
        machine, register = divmod(address - self.base - SM0, 24)
        fifo = (address - self.base - TXF0) // 4
        if machine in range(4) and register == SHIFTCTRL and (self[address] ^ value) >> 30:
            # Changing FJOIN empties the FIFOs
            self.words[machine].clear()
        super().__setitem__(address, value)
        if machine in range(4) and register == INSTR:
            self._execute(machine, value)
        elif fifo in range(4) and len(self.words[fifo]) < FIFO_WORDS:
            self.words[fifo].append(value)
        elif address in range(GPIO_CTRL, GPIO_CTRL_END, 8) and value == self._function:
            pin = (address - GPIO_CTRL) // 8
            self.connected.append((pin, self.levels >> pin & 1, self.directions >> pin & 1))

    @property
    def enabled(self):
        """Machines that run."""
        return [n for n in range(4) if self[self.base + CTRL] >> n & 1]

    @property
    def opcodes(self):
        return [self[self.base + INSTR_MEM + 4 * i] for i in range(32)]

    def _execute(self, machine, opcode):
        self.latched.pop(machine, None)
        pins = self[self.base + SM0 + 24 * machine + PINCTRL]
        mask, value = pin_write(pins >> 5 & 31, pins >> 26 & 7, opcode & 31)
        if opcode < 32:
            self.start_pc[machine] = opcode
        elif opcode >> 5 == SET_PINS:
            self.levels = self.levels & ~mask | value
        elif opcode >> 5 == SET_PINDIRS:
            self.directions = self.directions & ~mask | value
        elif opcode >> 13 == WAIT:
            self.latched[machine] = opcode
        elif opcode == PULL_BLOCK and self.words[machine]:
            self.osr[machine] = self.words[machine].pop(0)
        elif opcode == MOV_Y_OSR:
            self.y[machine] = self.osr[machine]
        else:
            raise NotImplementedError(
                f"machine {machine} executes {opcode:#06x}: teach this stand-in first"
            )

    def config(self, machine, **undefined):
        """Config of a machine from its registers; field positions are those of the datasheet,
        3.7.
        """
        at = self.base + SM0 + 24 * machine
        clkdiv, execctrl, shift, pins = (
            self[at + r] for r in (CLKDIV, EXECCTRL, SHIFTCTRL, PINCTRL)
        )
        known = {"y": self.y[machine]} if machine in self.y else {}
        return Config(
            start_pc=self.start_pc[machine],
            divider_int=clkdiv >> 16 or 65536,
            divider_256ths=clkdiv >> 8 & 255,
            wrap_bottom=execctrl >> 7 & 31,
            wrap_top=execctrl >> 12 & 31,
            jmp_pin=execctrl >> 24 & 31,
            side_pindirs=bool(execctrl >> 29 & 1),
            side_optional=bool(execctrl >> 30 & 1),
            autopush=bool(shift >> 16 & 1),
            autopull=bool(shift >> 17 & 1),
            in_right=bool(shift >> 18 & 1),
            out_right=bool(shift >> 19 & 1),
            push_threshold=shift >> 20 & 31 or 32,
            pull_threshold=shift >> 25 & 31 or 32,
            join={0: "", 1: "tx", 2: "rx"}[shift >> 30],
            out_base=pins & 31,
            set_base=pins >> 5 & 31,
            side_base=pins >> 10 & 31,
            in_base=pins >> 15 & 31,
            out_count=pins >> 20 & 63,
            set_count=pins >> 26 & 7,
            side_count=pins >> 29,
            **undefined | known,
        )
