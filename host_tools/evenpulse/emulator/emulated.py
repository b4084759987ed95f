"""The emulator's objects as the twin uses them: no more of each than is used, so that a part of
ours may stand in the place of one of its own.
"""

from collections.abc import Callable
from typing import Protocol

from evenpulse.emulator.pwm import Pwm


class Block(Protocol):
    """A register block as the bus sees it."""

    def read_uint32(self, offset: int) -> int: ...

    def write_uint32_atomic(self, offset: int, value: int, atomic_type: int) -> None: ...


class Parts(Protocol):
    """The chip, whose parts may be others than the emulator made: what owns it, and its blocks."""

    simulator: object
    pwm: Pwm
    xip_ctrl: Block
    peripherals: dict[int, Block]


class Written(Protocol):
    """A block whose registers are written, and a bus port that is, by what is put here."""

    write_uint32: Callable[[int, int], object]
    write_uint32_atomic: Callable[[int, int, int], object]


class Transfer(Protocol):
    """A DMA channel that begins its next transfer, and is written to, by what is put here."""

    schedule_transfer: Callable[[], None]
    write_uint32: Callable[[int, int], None]


class Flash(Protocol):
    """The flash chip behind its controller: what shifts a byte, and what carries out a command."""

    _shift_byte: Callable[[int], int]
    _apply_command: Callable[[], None]
    _tx_buffer: bytearray
    _write_enabled: bool


class Driven(Protocol):
    """Pads whose drivers are asked for by what is put here."""

    drives: Callable[[int], bool]


class Machine(Protocol):
    """A state machine whose wait may be of a kind that the emulator has not."""

    wait_type: int


class Loop(Protocol):
    """A run loop, compiled or in Python (evenpulse.emulator.exact says what each is for)."""

    frozen: bool
    stop: bool
    pio_steps: int
    instructions: int

    @property
    def now(self) -> int: ...

    def run_to(self, target: int) -> None: ...

    def materialize(self, block: int) -> None: ...

    def set_cache(self, on: bool) -> None: ...
    def set_layout(self, layout: int) -> None: ...

    def blocks_are_there(self) -> None: ...

    def timer_was_reset(self) -> None: ...

    def forget_stall(self, block: int, index: int) -> None: ...

    def keep_pc(self, block: int, index: int, pc: int) -> None: ...
