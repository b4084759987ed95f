"""Flash that takes its time: on silicon the CPU stands still while it is written, while the
emulator's takes none.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, cast

from rp2040py.peripherals.ssi import RPSSI

from evenpulse.emulator.chip import Chip
from evenpulse.emulator.emulated import Flash
from evenpulse.emulator.exact import CLOCK_NS


class FlashMs(NamedTuple):
    """A flash chip's times: of a sector's erase, of a page's program."""

    erase: float
    program: float


# Of a W25Q16JV, by its datasheet.
TYPICAL, WORST = FlashMs(45, 0.4), FlashMs(400, 3)


class _Powered(Protocol):
    """A twin that is switched on."""

    chip: Chip

    @property
    def now(self) -> int: ...

    def at(self, clock: int, do: Callable[[], object]) -> None: ...


def flash_takes_time(twin: _Powered, erase_ms: float = 45, program_ms: float = 3) -> None:
    """Let the CPU stand still while flash is written, as on silicon; the emulator's flash takes no
    time. The last call's times hold. PIO and DMA from RAM go on.

    Times of a W25Q16JV: sector erase typical, page program longest.
    """
    ssi = cast(Flash, twin.chip.rp2040.ssi)

    def timed() -> None:
        opcode = ssi._tx_buffer[0] if ssi._tx_buffer else 0
        enabled = ssi._write_enabled
        RPSSI._apply_command(twin.chip.rp2040.ssi)
        takes_ms = {0x20: erase_ms, 0x02: program_ms}.get(opcode, 0) if enabled else 0
        if takes_ms:
            chip, done = twin.chip, twin.now + round(takes_ms * 1_000_000 / CLOCK_NS)
            why = f"flash until {done}"
            chip.hold_core(why)
            twin.at(done, lambda: chip.let_core_go(why))
            chip.loop.stop = True

    ssi._apply_command = timed
