"""The watch, row by row: every register that it compares is poked on the running chip, and the
outputs are off within two rounds.

The rows are read out of the emulated chip's memory; what a row must hold is not asked.
"""

import pytest
import rig
from evenpulse.emulator import fork
from test_kept_safe import RAM, ROUNDS_MS, ROWS_FROM, kept, memory

# A monitor's word starts each sample
ADC_CS = 0x4004C000
NVIC, PIO0_PLACES = 0xE000E100, (0x502000C8 + 2 * 24 + 12, 0x502000C8 + 3 * 24 + 12)
# Registers that no write reaches as it would a flipped bit, and how they are changed instead.
READ_ONLY = dict.fromkeys(PIO0_PLACES, "the place of a machine is its own: a jump moves it")
# The status of INTERLOCK_N tells, and holds nothing; a monitor pulls
LINE_STATUS = 0x40014000 + 8 * 7
_PIO1_SM0_INSTR, _SET_PINDIRS_1 = 0x503000D8, 0xE081
# An interrupt that is forced never ends: no round comes any more, and the dead-man acts. The
# session tells it after the watchdog. So does one that a pulse machine's push asks for, where it
# comes while the outputs go off and nobody takes the push any more.
LOST, DEADMAN_MS = (0x50200130, 0x50300130, 0x5030013C, 0x50000408, 0x5020012C), 70
# Those of trip, leg B and samples lead the CPU astray: nobody knows what it does then, and it may
# stop what pulses and what counts alike. Then it is the watchdog that has HV_EN off (I4).
ASTRAY, PIO0_CTRL, MACHINES = (0x2000005C, 0x20000064, 0x2000006C), 0x50200000, 15


@pytest.fixture(scope="module")
def twin():
    return rig.at_work(rig.flash_of_100_pps(), ups=6)


def rows(twin):
    """(address, mask) of each."""
    first, count = kept(twin)
    words = memory(twin)[first : first + count]
    return [(words[k], words[k + 1]) for k in range(ROWS_FROM, count - 3, 3) if words[k]]


def poke(twin, address, mask):
    """Flip a bit that counts: the lowest that the register holds. In RAM from the third on: an
    address that is odd ends in a hard fault.
    """
    rp2040 = twin.chip.rp2040
    if address == NVIC:
        rp2040.core.enabled_interrupts ^= 1 << 11
        return True
    if address == LINE_STATUS:
        rp2040.write_uint32(_PIO1_SM0_INSTR, _SET_PINDIRS_1)
        return True
    if address in READ_ONLY:
        block = rp2040.pio[0]
        machine = block.machines[(address - 0x502000C8) // 24]
        # SMx_INSTR: jmp
        rp2040.write_uint32(address + 4, machine.pc & 24 ^ 8)
        return True
    for bit in range(2 if address >> 28 == RAM >> 28 else 0, 32):
        if mask >> bit & 1:
            old = rp2040.read_uint32(address)
            rp2040.write_uint32(address, old ^ 1 << bit)
            if (rp2040.read_uint32(address) ^ old) & mask:
                return True
    return False


def after(twin, row):
    """Whether the register could be changed at all, and whether the outputs are off two rounds
    later; or, of one that hardware writes anew before each sample, whether it is as it was.
    """
    address, mask = row
    before = twin.chip.rp2040.read_uint32(address) & mask
    if address in ASTRAY:
        # As on the chip: otherwise it runs on where nothing is, which takes 40 s
        twin.chip.lock_up_on_hard_faults()
        return poke(twin, address, mask), is_lost(twin)
    changed = poke(twin, address, mask)
    twin.run_ms(DEADMAN_MS if address in LOST else ROUNDS_MS)
    off = rig.levels(twin) == [0] * 5
    off = off and (twin.state == rig.FAULT or address in LOST)
    again = address == ADC_CS and twin.chip.rp2040.read_uint32(address) & mask == before
    return changed, off or again


def is_lost(twin):
    twin.run_ms(DEADMAN_MS)
    legs_low = rig.levels(twin)[:4] == [0] * 4
    still = not twin.chip.rp2040.read_uint32(PIO0_CTRL) & MACHINES
    return legs_low and (still or rig.levels(twin)[4] == 0)


def test_each_row(twin):
    """One after the other, each in a copy. A row whose register the twin does not hold would
    prove nothing.
    """
    of = rows(twin)
    told = fork.each(of, lambda row: after(twin, row), 1)
    assert (
        len(of) > 140
        and [hex(row[0]) for row, one in zip(of, told, strict=True) if one is None] == []
    )
    assert [hex(row[0]) for row, (changed, _) in zip(of, told, strict=True) if not changed] == []
    assert [hex(row[0]) for row, (_, off) in zip(of, told, strict=True) if not off] == []


MUST_BE_THERE = {
    "CLK_REF": 0x40008030,
    "CLK_SYS": 0x4000803C,
    "CLK_ADC": 0x40008060,
    "PLL_SYS": 0x40028008,
    "PLL_USB": 0x4002C008,
    "RESETS": 0x4000C000,
    "WATCHDOG": 0x40058000,
    "TICK": 0x4005802C,
    "TIMER PAUSE": 0x40054030,
    "VREG": 0x40064000,
    "PSM": 0x40010008,
    "ADC CS": 0x4004C000,
    "ADC FCS": 0x4004C008,
    "NVIC": NVIC,
    "DMA INTE0": 0x50000404,
    "PIO 0 INTE": 0x5020012C,
    "PIO 1 INTE": 0x5030012C,
    "PIO 1 INTE of monitors": 0x50300138,
    "their vector": 0x20000068,
    "PWM EN": 0x400500A0,
    "PIO 0 CTRL": 0x50200000,
    "PIO 1 CTRL": 0x50300000,
}


def test_what_matters_is_among_them(twin):
    """From the datasheet, not from the firmware's list; and function and pad of every pin that
    safety rests on.
    """
    of = {row[0] for row in rows(twin)}
    roles = (
        *rig.GUARDED,
        "INTERLOCK_N",
        "SHORT_N",
        "VBUS_SENSE",
        "CH1_AMP",
        "CH2_AMP",
        "CH1_SENSE",
        "CH2_SENSE",
        "SUPPLY_SENSE",
    )
    pins = {
        f"{role} {what}": base + step * rig.gpio(twin, role) + 4
        for role in roles
        for what, base, step in (("function", 0x40014000, 8), ("pad", 0x4001C000, 4))
    }
    machines = {
        f"PIO {b} SM{n} +{at}": 0x502000C8 + 0x100000 * b + 24 * n + at
        for b in (0, 1)
        for n in range(4)
        for at in (0, 4, 8, 20)
    }
    limits = sum(row[0] >> 28 == RAM >> 28 for row in rows(twin))
    # The samples have addresses and limits for each channel
    assert limits >= 2 * 9
    assert [
        name for name, address in (MUST_BE_THERE | pins | machines).items() if address not in of
    ] == []
