"""Flash that takes its time: on silicon the CPU stands still while it is written, while the
emulator's takes none.
"""

from typing import cast

from evenpulse.emulator.emulated import Flash
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin


def flash_takes_time(twin: Twin, erase_ms: float = 45, program_ms: float = 3) -> None:
    """Let the CPU stand still while flash is written, as on silicon; the emulator's flash takes no
    time.

    Times of a W25Q16JV: sector erase typical, page program longest. PIO and DMA from RAM go on.
    """
    ssi = cast(Flash, twin.chip.rp2040.ssi)
    apply = ssi._apply_command

    def timed() -> None:
        opcode = ssi._tx_buffer[0] if ssi._tx_buffer else 0
        enabled = ssi._write_enabled
        apply()
        takes_ms = {0x20: erase_ms, 0x02: program_ms}.get(opcode, 0) if enabled else 0
        if takes_ms:
            twin.chip.loop.frozen = True
            twin.at(
                twin.now + round(takes_ms * CLOCKS_PER_MS),
                lambda: setattr(twin.chip.loop, "frozen", False),
            )
            twin.chip.loop.stop = True

    ssi._apply_command = timed
