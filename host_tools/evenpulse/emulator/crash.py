"""Makes firmware fail from inside: an exception out of nowhere, a soft reset, a hard fault. Finds
its way by the ELF's symbols.

MicroPython has one static exception object that an interrupt may raise: the one for Ctrl-C.
Firmware's own function schedules it, and its type is changed to the one wanted; the interpreter
then raises it where it happens to be.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenpulse.base.errors import Problem

if TYPE_CHECKING:
    from evenpulse.emulator.chip import Chip

_SCHEDULE = "mp_sched_keyboard_interrupt"
# Nothing calls from here, so coming back here ends the call
_RETURN_TO = 0x10000001
_CALL_LIMIT = 10_000
_HARD_FAULT = 3
_NOWHERE = 0xF0000000


def symbols(elf: Path) -> dict[str, tuple[int, int]]:
    """Name: (address, bytes) of everything in an ELF file."""
    from elftools.elf.elffile import ELFFile

    try:
        with elf.open("rb") as file:
            table: Any = ELFFile(file).get_section_by_name(".symtab")
            return {
                symbol.name: (symbol["st_value"], symbol["st_size"])
                for symbol in table.iter_symbols()
            }
    except OSError as error:
        raise Problem(
            f"crash and soft_reset need the firmware's symbols: {elf} cannot be read",
            seen=error.strerror or str(error),
            do_next="make firmware",
        ) from error


def raise_exception(
    chip: "Chip", table: dict[str, tuple[int, int]], type_name: str
) -> Callable[[], bool]:
    """Have the interpreter raise an exception of a built-in type, at its next bytecode jump or
    wait. What is given says whether it has yet to: it does not look while C works for it.
    """
    _call(chip, table[_SCHEDULE][0])
    kind = table["mp_type_KeyboardInterrupt"][0]
    start, size = table["mp_state_ctx"]
    rp2040 = chip.rp2040
    found = [
        at
        for at in range(start, start + size, 4)
        if start <= (pointer := rp2040.read_uint32(at)) < start + size
        and rp2040.read_uint32(pointer) == kind
    ]
    if not found:
        raise Problem(
            f"no pending exception after {_SCHEDULE}",
            seen=f"{size} bytes of mp_state_ctx searched",
            do_next="firmware and firmware.elf differ: make firmware",
        )
    rp2040.write_uint32(rp2040.read_uint32(found[0]), table[f"mp_type_{type_name}"][0])
    rp2040.core.waiting = False
    return lambda: rp2040.read_uint32(found[0]) != 0


def hard_fault(chip: "Chip") -> None:
    """The core jumps to an address where nothing is, and takes the hard fault that follows."""
    core = chip.rp2040.core
    core.waiting = False
    core.pc = _NOWHERE
    core.exception_entry(_HARD_FAULT)


def _call(chip: "Chip", address: int) -> None:
    """Run a function of the firmware between two instructions, in no time, with everything else
    as it was.
    """
    core = chip.rp2040.core
    kept = (list(core.registers), core.n, core.z, core.c, core.v, core.pm, core.waiting)
    core.pm, core.waiting, core.lr, core.pc = True, False, _RETURN_TO, address & ~1
    for _ in range(_CALL_LIMIT):
        core.execute_instruction()
        if core.pc & ~1 == _RETURN_TO & ~1:
            break
    else:
        raise Problem(
            f"the function at {address:#x} does not return",
            do_next="firmware and firmware.elf differ: make firmware",
        )
    for index, value in enumerate(kept[0]):
        core.registers[index] = value
    core.n, core.z, core.c, core.v, core.pm, core.waiting = kept[1:]
    core.interrupts_updated = True
